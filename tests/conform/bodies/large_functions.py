# SPDX-License-Identifier: Apache-2.0
"""Functions whose arguments need EXTENDED_ARG: more than 255 locals, constants and names, jumps over
more than 255 instructions; and one too large to be compiled, which stays interpreted."""


def many_locals(n):
    v0 = n + 0
    v1 = n + 1
    v2 = n + 2
    v3 = n + 3
    v4 = n + 4
    v5 = n + 5
    v6 = n + 6
    v7 = n + 7
    v8 = n + 8
    v9 = n + 9
    v10 = n + 10
    v11 = n + 11
    v12 = n + 12
    v13 = n + 13
    v14 = n + 14
    v15 = n + 15
    v16 = n + 16
    v17 = n + 17
    v18 = n + 18
    v19 = n + 19
    v20 = n + 20
    v21 = n + 21
    v22 = n + 22
    v23 = n + 23
    v24 = n + 24
    v25 = n + 25
    v26 = n + 26
    v27 = n + 27
    v28 = n + 28
    v29 = n + 29
    v30 = n + 30
    v31 = n + 31
    v32 = n + 32
    v33 = n + 33
    v34 = n + 34
    v35 = n + 35
    v36 = n + 36
    v37 = n + 37
    v38 = n + 38
    v39 = n + 39
    v40 = n + 40
    v41 = n + 41
    v42 = n + 42
    v43 = n + 43
    v44 = n + 44
    v45 = n + 45
    v46 = n + 46
    v47 = n + 47
    v48 = n + 48
    v49 = n + 49
    v50 = n + 50
    v51 = n + 51
    v52 = n + 52
    v53 = n + 53
    v54 = n + 54
    v55 = n + 55
    v56 = n + 56
    v57 = n + 57
    v58 = n + 58
    v59 = n + 59
    v60 = n + 60
    v61 = n + 61
    v62 = n + 62
    v63 = n + 63
    v64 = n + 64
    v65 = n + 65
    v66 = n + 66
    v67 = n + 67
    v68 = n + 68
    v69 = n + 69
    v70 = n + 70
    v71 = n + 71
    v72 = n + 72
    v73 = n + 73
    v74 = n + 74
    v75 = n + 75
    v76 = n + 76
    v77 = n + 77
    v78 = n + 78
    v79 = n + 79
    v80 = n + 80
    v81 = n + 81
    v82 = n + 82
    v83 = n + 83
    v84 = n + 84
    v85 = n + 85
    v86 = n + 86
    v87 = n + 87
    v88 = n + 88
    v89 = n + 89
    v90 = n + 90
    v91 = n + 91
    v92 = n + 92
    v93 = n + 93
    v94 = n + 94
    v95 = n + 95
    v96 = n + 96
    v97 = n + 97
    v98 = n + 98
    v99 = n + 99
    v100 = n + 100
    v101 = n + 101
    v102 = n + 102
    v103 = n + 103
    v104 = n + 104
    v105 = n + 105
    v106 = n + 106
    v107 = n + 107
    v108 = n + 108
    v109 = n + 109
    v110 = n + 110
    v111 = n + 111
    v112 = n + 112
    v113 = n + 113
    v114 = n + 114
    v115 = n + 115
    v116 = n + 116
    v117 = n + 117
    v118 = n + 118
    v119 = n + 119
    v120 = n + 120
    v121 = n + 121
    v122 = n + 122
    v123 = n + 123
    v124 = n + 124
    v125 = n + 125
    v126 = n + 126
    v127 = n + 127
    v128 = n + 128
    v129 = n + 129
    v130 = n + 130
    v131 = n + 131
    v132 = n + 132
    v133 = n + 133
    v134 = n + 134
    v135 = n + 135
    v136 = n + 136
    v137 = n + 137
    v138 = n + 138
    v139 = n + 139
    v140 = n + 140
    v141 = n + 141
    v142 = n + 142
    v143 = n + 143
    v144 = n + 144
    v145 = n + 145
    v146 = n + 146
    v147 = n + 147
    v148 = n + 148
    v149 = n + 149
    v150 = n + 150
    v151 = n + 151
    v152 = n + 152
    v153 = n + 153
    v154 = n + 154
    v155 = n + 155
    v156 = n + 156
    v157 = n + 157
    v158 = n + 158
    v159 = n + 159
    v160 = n + 160
    v161 = n + 161
    v162 = n + 162
    v163 = n + 163
    v164 = n + 164
    v165 = n + 165
    v166 = n + 166
    v167 = n + 167
    v168 = n + 168
    v169 = n + 169
    v170 = n + 170
    v171 = n + 171
    v172 = n + 172
    v173 = n + 173
    v174 = n + 174
    v175 = n + 175
    v176 = n + 176
    v177 = n + 177
    v178 = n + 178
    v179 = n + 179
    v180 = n + 180
    v181 = n + 181
    v182 = n + 182
    v183 = n + 183
    v184 = n + 184
    v185 = n + 185
    v186 = n + 186
    v187 = n + 187
    v188 = n + 188
    v189 = n + 189
    v190 = n + 190
    v191 = n + 191
    v192 = n + 192
    v193 = n + 193
    v194 = n + 194
    v195 = n + 195
    v196 = n + 196
    v197 = n + 197
    v198 = n + 198
    v199 = n + 199
    v200 = n + 200
    v201 = n + 201
    v202 = n + 202
    v203 = n + 203
    v204 = n + 204
    v205 = n + 205
    v206 = n + 206
    v207 = n + 207
    v208 = n + 208
    v209 = n + 209
    v210 = n + 210
    v211 = n + 211
    v212 = n + 212
    v213 = n + 213
    v214 = n + 214
    v215 = n + 215
    v216 = n + 216
    v217 = n + 217
    v218 = n + 218
    v219 = n + 219
    v220 = n + 220
    v221 = n + 221
    v222 = n + 222
    v223 = n + 223
    v224 = n + 224
    v225 = n + 225
    v226 = n + 226
    v227 = n + 227
    v228 = n + 228
    v229 = n + 229
    v230 = n + 230
    v231 = n + 231
    v232 = n + 232
    v233 = n + 233
    v234 = n + 234
    v235 = n + 235
    v236 = n + 236
    v237 = n + 237
    v238 = n + 238
    v239 = n + 239
    v240 = n + 240
    v241 = n + 241
    v242 = n + 242
    v243 = n + 243
    v244 = n + 244
    v245 = n + 245
    v246 = n + 246
    v247 = n + 247
    v248 = n + 248
    v249 = n + 249
    v250 = n + 250
    v251 = n + 251
    v252 = n + 252
    v253 = n + 253
    v254 = n + 254
    v255 = n + 255
    v256 = n + 256
    v257 = n + 257
    v258 = n + 258
    v259 = n + 259
    v260 = n + 260
    v261 = n + 261
    v262 = n + 262
    v263 = n + 263
    v264 = n + 264
    v265 = n + 265
    v266 = n + 266
    v267 = n + 267
    v268 = n + 268
    v269 = n + 269
    for i in range(3):
        v0 += v269 * i
        v9 += v260 * i
        v18 += v251 * i
        v27 += v242 * i
        v36 += v233 * i
        v45 += v224 * i
        v54 += v215 * i
        v63 += v206 * i
        v72 += v197 * i
        v81 += v188 * i
        v90 += v179 * i
        v99 += v170 * i
        v108 += v161 * i
        v117 += v152 * i
        v126 += v143 * i
        v135 += v134 * i
        v144 += v125 * i
        v153 += v116 * i
        v162 += v107 * i
        v171 += v98 * i
        v180 += v89 * i
        v189 += v80 * i
        v198 += v71 * i
        v207 += v62 * i
        v216 += v53 * i
        v225 += v44 * i
        v234 += v35 * i
        v243 += v26 * i
        v252 += v17 * i
        v261 += v8 * i
        if v0 > v269:
            v1, v2 = v2, v1
            del v268
            v268 = 0.5
    return [v0, v7, v14, v21, v28, v35, v42, v49, v56, v63, v70, v77, v84, v91, v98, v105, v112, v119, v126, v133, v140, v147, v154, v161, v168, v175, v182, v189, v196, v203, v210, v217, v224, v231, v238, v245, v252, v259, v266, v268]


def many_constants(x):
    total = 0
    total += x * 1000
    total += x * 1001
    total += x * 1002
    total += x * 1003
    total += x * 1004
    total += x * 1005
    total += x * 1006
    total += x * 1007
    total += x * 1008
    total += x * 1009
    total += x * 1010
    total += x * 1011
    total += x * 1012
    total += x * 1013
    total += x * 1014
    total += x * 1015
    total += x * 1016
    total += x * 1017
    total += x * 1018
    total += x * 1019
    total += x * 1020
    total += x * 1021
    total += x * 1022
    total += x * 1023
    total += x * 1024
    total += x * 1025
    total += x * 1026
    total += x * 1027
    total += x * 1028
    total += x * 1029
    total += x * 1030
    total += x * 1031
    total += x * 1032
    total += x * 1033
    total += x * 1034
    total += x * 1035
    total += x * 1036
    total += x * 1037
    total += x * 1038
    total += x * 1039
    total += x * 1040
    total += x * 1041
    total += x * 1042
    total += x * 1043
    total += x * 1044
    total += x * 1045
    total += x * 1046
    total += x * 1047
    total += x * 1048
    total += x * 1049
    total += x * 1050
    total += x * 1051
    total += x * 1052
    total += x * 1053
    total += x * 1054
    total += x * 1055
    total += x * 1056
    total += x * 1057
    total += x * 1058
    total += x * 1059
    total += x * 1060
    total += x * 1061
    total += x * 1062
    total += x * 1063
    total += x * 1064
    total += x * 1065
    total += x * 1066
    total += x * 1067
    total += x * 1068
    total += x * 1069
    total += x * 1070
    total += x * 1071
    total += x * 1072
    total += x * 1073
    total += x * 1074
    total += x * 1075
    total += x * 1076
    total += x * 1077
    total += x * 1078
    total += x * 1079
    total += x * 1080
    total += x * 1081
    total += x * 1082
    total += x * 1083
    total += x * 1084
    total += x * 1085
    total += x * 1086
    total += x * 1087
    total += x * 1088
    total += x * 1089
    total += x * 1090
    total += x * 1091
    total += x * 1092
    total += x * 1093
    total += x * 1094
    total += x * 1095
    total += x * 1096
    total += x * 1097
    total += x * 1098
    total += x * 1099
    total += x * 1100
    total += x * 1101
    total += x * 1102
    total += x * 1103
    total += x * 1104
    total += x * 1105
    total += x * 1106
    total += x * 1107
    total += x * 1108
    total += x * 1109
    total += x * 1110
    total += x * 1111
    total += x * 1112
    total += x * 1113
    total += x * 1114
    total += x * 1115
    total += x * 1116
    total += x * 1117
    total += x * 1118
    total += x * 1119
    total += x * 1120
    total += x * 1121
    total += x * 1122
    total += x * 1123
    total += x * 1124
    total += x * 1125
    total += x * 1126
    total += x * 1127
    total += x * 1128
    total += x * 1129
    total += x * 1130
    total += x * 1131
    total += x * 1132
    total += x * 1133
    total += x * 1134
    total += x * 1135
    total += x * 1136
    total += x * 1137
    total += x * 1138
    total += x * 1139
    total += x * 1140
    total += x * 1141
    total += x * 1142
    total += x * 1143
    total += x * 1144
    total += x * 1145
    total += x * 1146
    total += x * 1147
    total += x * 1148
    total += x * 1149
    total += x * 1150
    total += x * 1151
    total += x * 1152
    total += x * 1153
    total += x * 1154
    total += x * 1155
    total += x * 1156
    total += x * 1157
    total += x * 1158
    total += x * 1159
    total += x * 1160
    total += x * 1161
    total += x * 1162
    total += x * 1163
    total += x * 1164
    total += x * 1165
    total += x * 1166
    total += x * 1167
    total += x * 1168
    total += x * 1169
    total += x * 1170
    total += x * 1171
    total += x * 1172
    total += x * 1173
    total += x * 1174
    total += x * 1175
    total += x * 1176
    total += x * 1177
    total += x * 1178
    total += x * 1179
    total += x * 1180
    total += x * 1181
    total += x * 1182
    total += x * 1183
    total += x * 1184
    total += x * 1185
    total += x * 1186
    total += x * 1187
    total += x * 1188
    total += x * 1189
    total += x * 1190
    total += x * 1191
    total += x * 1192
    total += x * 1193
    total += x * 1194
    total += x * 1195
    total += x * 1196
    total += x * 1197
    total += x * 1198
    total += x * 1199
    total += x * 1200
    total += x * 1201
    total += x * 1202
    total += x * 1203
    total += x * 1204
    total += x * 1205
    total += x * 1206
    total += x * 1207
    total += x * 1208
    total += x * 1209
    total += x * 1210
    total += x * 1211
    total += x * 1212
    total += x * 1213
    total += x * 1214
    total += x * 1215
    total += x * 1216
    total += x * 1217
    total += x * 1218
    total += x * 1219
    total += x * 1220
    total += x * 1221
    total += x * 1222
    total += x * 1223
    total += x * 1224
    total += x * 1225
    total += x * 1226
    total += x * 1227
    total += x * 1228
    total += x * 1229
    total += x * 1230
    total += x * 1231
    total += x * 1232
    total += x * 1233
    total += x * 1234
    total += x * 1235
    total += x * 1236
    total += x * 1237
    total += x * 1238
    total += x * 1239
    total += x * 1240
    total += x * 1241
    total += x * 1242
    total += x * 1243
    total += x * 1244
    total += x * 1245
    total += x * 1246
    total += x * 1247
    total += x * 1248
    total += x * 1249
    total += x * 1250
    total += x * 1251
    total += x * 1252
    total += x * 1253
    total += x * 1254
    total += x * 1255
    total += x * 1256
    total += x * 1257
    total += x * 1258
    total += x * 1259
    total += x * 1260
    total += x * 1261
    total += x * 1262
    total += x * 1263
    total += x * 1264
    total += x * 1265
    total += x * 1266
    total += x * 1267
    total += x * 1268
    total += x * 1269
    total += x * 1270
    total += x * 1271
    total += x * 1272
    total += x * 1273
    total += x * 1274
    total += x * 1275
    total += x * 1276
    total += x * 1277
    total += x * 1278
    total += x * 1279
    return total


def long_jumps(n):
    out = []
    for i in range(n):
        if i % 2:
            out.append(i * 0)
            out.append(i * 1)
            out.append(i * 2)
            out.append(i * 3)
            out.append(i * 4)
            out.append(i * 5)
            out.append(i * 6)
            out.append(i * 7)
            out.append(i * 8)
            out.append(i * 9)
            out.append(i * 10)
            out.append(i * 11)
            out.append(i * 12)
            out.append(i * 13)
            out.append(i * 14)
            out.append(i * 15)
            out.append(i * 16)
            out.append(i * 17)
            out.append(i * 18)
            out.append(i * 19)
            out.append(i * 20)
            out.append(i * 21)
            out.append(i * 22)
            out.append(i * 23)
            out.append(i * 24)
            out.append(i * 25)
            out.append(i * 26)
            out.append(i * 27)
            out.append(i * 28)
            out.append(i * 29)
            out.append(i * 30)
            out.append(i * 31)
            out.append(i * 32)
            out.append(i * 33)
            out.append(i * 34)
            out.append(i * 35)
            out.append(i * 36)
            out.append(i * 37)
            out.append(i * 38)
            out.append(i * 39)
            out.append(i * 40)
            out.append(i * 41)
            out.append(i * 42)
            out.append(i * 43)
            out.append(i * 44)
            out.append(i * 45)
            out.append(i * 46)
            out.append(i * 47)
            out.append(i * 48)
            out.append(i * 49)
            out.append(i * 50)
            out.append(i * 51)
            out.append(i * 52)
            out.append(i * 53)
            out.append(i * 54)
            out.append(i * 55)
            out.append(i * 56)
            out.append(i * 57)
            out.append(i * 58)
            out.append(i * 59)
            out.append(i * 60)
            out.append(i * 61)
            out.append(i * 62)
            out.append(i * 63)
            out.append(i * 64)
            out.append(i * 65)
            out.append(i * 66)
            out.append(i * 67)
            out.append(i * 68)
            out.append(i * 69)
            out.append(i * 70)
            out.append(i * 71)
            out.append(i * 72)
            out.append(i * 73)
            out.append(i * 74)
            out.append(i * 75)
            out.append(i * 76)
            out.append(i * 77)
            out.append(i * 78)
            out.append(i * 79)
            out.append(i * 80)
            out.append(i * 81)
            out.append(i * 82)
            out.append(i * 83)
            out.append(i * 84)
            out.append(i * 85)
            out.append(i * 86)
            out.append(i * 87)
            out.append(i * 88)
            out.append(i * 89)
            continue
        while i > 2:
            i -= 0 + 0 * 0
            i -= 1 + 0 * 1
            i -= 0 + 0 * 2
            i -= 1 + 0 * 3
            i -= 0 + 0 * 4
            i -= 1 + 0 * 5
            i -= 0 + 0 * 6
            i -= 1 + 0 * 7
            i -= 0 + 0 * 8
            i -= 1 + 0 * 9
            i -= 0 + 0 * 10
            i -= 1 + 0 * 11
            i -= 0 + 0 * 12
            i -= 1 + 0 * 13
            i -= 0 + 0 * 14
            i -= 1 + 0 * 15
            i -= 0 + 0 * 16
            i -= 1 + 0 * 17
            i -= 0 + 0 * 18
            i -= 1 + 0 * 19
            i -= 0 + 0 * 20
            i -= 1 + 0 * 21
            i -= 0 + 0 * 22
            i -= 1 + 0 * 23
            i -= 0 + 0 * 24
            i -= 1 + 0 * 25
            i -= 0 + 0 * 26
            i -= 1 + 0 * 27
            i -= 0 + 0 * 28
            i -= 1 + 0 * 29
            i -= 0 + 0 * 30
            i -= 1 + 0 * 31
            i -= 0 + 0 * 32
            i -= 1 + 0 * 33
            i -= 0 + 0 * 34
            i -= 1 + 0 * 35
            i -= 0 + 0 * 36
            i -= 1 + 0 * 37
            i -= 0 + 0 * 38
            i -= 1 + 0 * 39
            i -= 0 + 0 * 40
            i -= 1 + 0 * 41
            i -= 0 + 0 * 42
            i -= 1 + 0 * 43
            i -= 0 + 0 * 44
            i -= 1 + 0 * 45
            i -= 0 + 0 * 46
            i -= 1 + 0 * 47
            i -= 0 + 0 * 48
            i -= 1 + 0 * 49
            i -= 0 + 0 * 50
            i -= 1 + 0 * 51
            i -= 0 + 0 * 52
            i -= 1 + 0 * 53
            i -= 0 + 0 * 54
            i -= 1 + 0 * 55
            i -= 0 + 0 * 56
            i -= 1 + 0 * 57
            i -= 0 + 0 * 58
            i -= 1 + 0 * 59
            break
        else:
            out.append("else")
        out.append(i)
    return out


class Names:
    pass


def many_names(thing):
    thing.a0 = 0
    thing.a1 = 1
    thing.a2 = 2
    thing.a3 = 3
    thing.a4 = 4
    thing.a5 = 5
    thing.a6 = 6
    thing.a7 = 7
    thing.a8 = 8
    thing.a9 = 9
    thing.a10 = 10
    thing.a11 = 11
    thing.a12 = 12
    thing.a13 = 13
    thing.a14 = 14
    thing.a15 = 15
    thing.a16 = 16
    thing.a17 = 17
    thing.a18 = 18
    thing.a19 = 19
    thing.a20 = 20
    thing.a21 = 21
    thing.a22 = 22
    thing.a23 = 23
    thing.a24 = 24
    thing.a25 = 25
    thing.a26 = 26
    thing.a27 = 27
    thing.a28 = 28
    thing.a29 = 29
    thing.a30 = 30
    thing.a31 = 31
    thing.a32 = 32
    thing.a33 = 33
    thing.a34 = 34
    thing.a35 = 35
    thing.a36 = 36
    thing.a37 = 37
    thing.a38 = 38
    thing.a39 = 39
    thing.a40 = 40
    thing.a41 = 41
    thing.a42 = 42
    thing.a43 = 43
    thing.a44 = 44
    thing.a45 = 45
    thing.a46 = 46
    thing.a47 = 47
    thing.a48 = 48
    thing.a49 = 49
    thing.a50 = 50
    thing.a51 = 51
    thing.a52 = 52
    thing.a53 = 53
    thing.a54 = 54
    thing.a55 = 55
    thing.a56 = 56
    thing.a57 = 57
    thing.a58 = 58
    thing.a59 = 59
    thing.a60 = 60
    thing.a61 = 61
    thing.a62 = 62
    thing.a63 = 63
    thing.a64 = 64
    thing.a65 = 65
    thing.a66 = 66
    thing.a67 = 67
    thing.a68 = 68
    thing.a69 = 69
    thing.a70 = 70
    thing.a71 = 71
    thing.a72 = 72
    thing.a73 = 73
    thing.a74 = 74
    thing.a75 = 75
    thing.a76 = 76
    thing.a77 = 77
    thing.a78 = 78
    thing.a79 = 79
    thing.a80 = 80
    thing.a81 = 81
    thing.a82 = 82
    thing.a83 = 83
    thing.a84 = 84
    thing.a85 = 85
    thing.a86 = 86
    thing.a87 = 87
    thing.a88 = 88
    thing.a89 = 89
    thing.a90 = 90
    thing.a91 = 91
    thing.a92 = 92
    thing.a93 = 93
    thing.a94 = 94
    thing.a95 = 95
    thing.a96 = 96
    thing.a97 = 97
    thing.a98 = 98
    thing.a99 = 99
    thing.a100 = 100
    thing.a101 = 101
    thing.a102 = 102
    thing.a103 = 103
    thing.a104 = 104
    thing.a105 = 105
    thing.a106 = 106
    thing.a107 = 107
    thing.a108 = 108
    thing.a109 = 109
    thing.a110 = 110
    thing.a111 = 111
    thing.a112 = 112
    thing.a113 = 113
    thing.a114 = 114
    thing.a115 = 115
    thing.a116 = 116
    thing.a117 = 117
    thing.a118 = 118
    thing.a119 = 119
    thing.a120 = 120
    thing.a121 = 121
    thing.a122 = 122
    thing.a123 = 123
    thing.a124 = 124
    thing.a125 = 125
    thing.a126 = 126
    thing.a127 = 127
    thing.a128 = 128
    thing.a129 = 129
    thing.a130 = 130
    thing.a131 = 131
    thing.a132 = 132
    thing.a133 = 133
    thing.a134 = 134
    thing.a135 = 135
    thing.a136 = 136
    thing.a137 = 137
    thing.a138 = 138
    thing.a139 = 139
    thing.a140 = 140
    thing.a141 = 141
    thing.a142 = 142
    thing.a143 = 143
    thing.a144 = 144
    thing.a145 = 145
    thing.a146 = 146
    thing.a147 = 147
    thing.a148 = 148
    thing.a149 = 149
    thing.a150 = 150
    thing.a151 = 151
    thing.a152 = 152
    thing.a153 = 153
    thing.a154 = 154
    thing.a155 = 155
    thing.a156 = 156
    thing.a157 = 157
    thing.a158 = 158
    thing.a159 = 159
    thing.a160 = 160
    thing.a161 = 161
    thing.a162 = 162
    thing.a163 = 163
    thing.a164 = 164
    thing.a165 = 165
    thing.a166 = 166
    thing.a167 = 167
    thing.a168 = 168
    thing.a169 = 169
    thing.a170 = 170
    thing.a171 = 171
    thing.a172 = 172
    thing.a173 = 173
    thing.a174 = 174
    thing.a175 = 175
    thing.a176 = 176
    thing.a177 = 177
    thing.a178 = 178
    thing.a179 = 179
    thing.a180 = 180
    thing.a181 = 181
    thing.a182 = 182
    thing.a183 = 183
    thing.a184 = 184
    thing.a185 = 185
    thing.a186 = 186
    thing.a187 = 187
    thing.a188 = 188
    thing.a189 = 189
    thing.a190 = 190
    thing.a191 = 191
    thing.a192 = 192
    thing.a193 = 193
    thing.a194 = 194
    thing.a195 = 195
    thing.a196 = 196
    thing.a197 = 197
    thing.a198 = 198
    thing.a199 = 199
    thing.a200 = 200
    thing.a201 = 201
    thing.a202 = 202
    thing.a203 = 203
    thing.a204 = 204
    thing.a205 = 205
    thing.a206 = 206
    thing.a207 = 207
    thing.a208 = 208
    thing.a209 = 209
    thing.a210 = 210
    thing.a211 = 211
    thing.a212 = 212
    thing.a213 = 213
    thing.a214 = 214
    thing.a215 = 215
    thing.a216 = 216
    thing.a217 = 217
    thing.a218 = 218
    thing.a219 = 219
    thing.a220 = 220
    thing.a221 = 221
    thing.a222 = 222
    thing.a223 = 223
    thing.a224 = 224
    thing.a225 = 225
    thing.a226 = 226
    thing.a227 = 227
    thing.a228 = 228
    thing.a229 = 229
    thing.a230 = 230
    thing.a231 = 231
    thing.a232 = 232
    thing.a233 = 233
    thing.a234 = 234
    thing.a235 = 235
    thing.a236 = 236
    thing.a237 = 237
    thing.a238 = 238
    thing.a239 = 239
    thing.a240 = 240
    thing.a241 = 241
    thing.a242 = 242
    thing.a243 = 243
    thing.a244 = 244
    thing.a245 = 245
    thing.a246 = 246
    thing.a247 = 247
    thing.a248 = 248
    thing.a249 = 249
    thing.a250 = 250
    thing.a251 = 251
    thing.a252 = 252
    thing.a253 = 253
    thing.a254 = 254
    thing.a255 = 255
    thing.a256 = 256
    thing.a257 = 257
    thing.a258 = 258
    thing.a259 = 259
    thing.a260 = 260
    thing.a261 = 261
    return thing.a0 + thing.a5 + thing.a10 + thing.a15 + thing.a20 + thing.a25 + thing.a30 + thing.a35 + thing.a40 + thing.a45 + thing.a50 + thing.a55 + thing.a60 + thing.a65 + thing.a70 + thing.a75 + thing.a80 + thing.a85 + thing.a90 + thing.a95 + thing.a100 + thing.a105 + thing.a110 + thing.a115 + thing.a120 + thing.a125 + thing.a130 + thing.a135 + thing.a140 + thing.a145 + thing.a150 + thing.a155 + thing.a160 + thing.a165 + thing.a170 + thing.a175 + thing.a180 + thing.a185 + thing.a190 + thing.a195 + thing.a200 + thing.a205 + thing.a210 + thing.a215 + thing.a220 + thing.a225 + thing.a230 + thing.a235 + thing.a240 + thing.a245 + thing.a250 + thing.a255 + thing.a260


def case_many_names():
    return many_names(Names())


def fails_far_inside(n):
    x = n
    x = x + 0
    x = x + 1
    x = x + 2
    x = x + 3
    x = x + 4
    x = x + 5
    x = x + 6
    x = x + 7
    x = x + 8
    x = x + 9
    x = x + 10
    x = x + 11
    x = x + 12
    x = x + 13
    x = x + 14
    x = x + 15
    x = x + 16
    x = x + 17
    x = x + 18
    x = x + 19
    x = x + 20
    x = x + 21
    x = x + 22
    x = x + 23
    x = x + 24
    x = x + 25
    x = x + 26
    x = x + 27
    x = x + 28
    x = x + 29
    x = x + 30
    x = x + 31
    x = x + 32
    x = x + 33
    x = x + 34
    x = x + 35
    x = x + 36
    x = x + 37
    x = x + 38
    x = x + 39
    x = x + 40
    x = x + 41
    x = x + 42
    x = x + 43
    x = x + 44
    x = x + 45
    x = x + 46
    x = x + 47
    x = x + 48
    x = x + 49
    x = x + 50
    x = x + 51
    x = x + 52
    x = x + 53
    x = x + 54
    x = x + 55
    x = x + 56
    x = x + 57
    x = x + 58
    x = x + 59
    x = x + 60
    x = x + 61
    x = x + 62
    x = x + 63
    x = x + 64
    x = x + 65
    x = x + 66
    x = x + 67
    x = x + 68
    x = x + 69
    x = x + 70
    x = x + 71
    x = x + 72
    x = x + 73
    x = x + 74
    x = x + 75
    x = x + 76
    x = x + 77
    x = x + 78
    x = x + 79
    x = x + 80
    x = x + 81
    x = x + 82
    x = x + 83
    x = x + 84
    x = x + 85
    x = x + 86
    x = x + 87
    x = x + 88
    x = x + 89
    x = x + 90
    x = x + 91
    x = x + 92
    x = x + 93
    x = x + 94
    x = x + 95
    x = x + 96
    x = x + 97
    x = x + 98
    x = x + 99
    x = x + 100
    x = x + 101
    x = x + 102
    x = x + 103
    x = x + 104
    x = x + 105
    x = x + 106
    x = x + 107
    x = x + 108
    x = x + 109
    x = x + 110
    x = x + 111
    x = x + 112
    x = x + 113
    x = x + 114
    x = x + 115
    x = x + 116
    x = x + 117
    x = x + 118
    x = x + 119
    x = x + 120
    x = x + 121
    x = x + 122
    x = x + 123
    x = x + 124
    x = x + 125
    x = x + 126
    x = x + 127
    x = x + 128
    x = x + 129
    x = x + 130
    x = x + 131
    x = x + 132
    x = x + 133
    x = x + 134
    x = x + 135
    x = x + 136
    x = x + 137
    x = x + 138
    x = x + 139
    x = x + 140
    x = x + 141
    x = x + 142
    x = x + 143
    x = x + 144
    x = x + 145
    x = x + 146
    x = x + 147
    x = x + 148
    x = x + 149
    x = x + 150
    x = x + 151
    x = x + 152
    x = x + 153
    x = x + 154
    x = x + 155
    x = x + 156
    x = x + 157
    x = x + 158
    x = x + 159
    x = x + 160
    x = x + 161
    x = x + 162
    x = x + 163
    x = x + 164
    x = x + 165
    x = x + 166
    x = x + 167
    x = x + 168
    x = x + 169
    x = x + 170
    x = x + 171
    x = x + 172
    x = x + 173
    x = x + 174
    x = x + 175
    x = x + 176
    x = x + 177
    x = x + 178
    x = x + 179
    x = x + 180
    x = x + 181
    x = x + 182
    x = x + 183
    x = x + 184
    x = x + 185
    x = x + 186
    x = x + 187
    x = x + 188
    x = x + 189
    x = x + 190
    x = x + 191
    x = x + 192
    x = x + 193
    x = x + 194
    x = x + 195
    x = x + 196
    x = x + 197
    x = x + 198
    x = x + 199
    x = x + 200
    x = x + 201
    x = x + 202
    x = x + 203
    x = x + 204
    x = x + 205
    x = x + 206
    x = x + 207
    x = x + 208
    x = x + 209
    x = x + 210
    x = x + 211
    x = x + 212
    x = x + 213
    x = x + 214
    x = x + 215
    x = x + 216
    x = x + 217
    x = x + 218
    x = x + 219
    x = x + 220
    x = x + 221
    x = x + 222
    x = x + 223
    x = x + 224
    x = x + 225
    x = x + 226
    x = x + 227
    x = x + 228
    x = x + 229
    x = x + 230
    x = x + 231
    x = x + 232
    x = x + 233
    x = x + 234
    x = x + 235
    x = x + 236
    x = x + 237
    x = x + 238
    x = x + 239
    x = x + 240
    x = x + 241
    x = x + 242
    x = x + 243
    x = x + 244
    x = x + 245
    x = x + 246
    x = x + 247
    x = x + 248
    x = x + 249
    x = x + 250
    x = x + 251
    x = x + 252
    x = x + 253
    x = x + 254
    x = x + 255
    x = x + 256
    x = x + 257
    x = x + 258
    x = x + 259
    x = x + 260
    x = x + 261
    x = x + 262
    x = x + 263
    x = x + 264
    x = x + 265
    x = x + 266
    x = x + 267
    x = x + 268
    x = x + 269
    x = x + 270
    x = x + 271
    x = x + 272
    x = x + 273
    x = x + 274
    x = x + 275
    x = x + 276
    x = x + 277
    x = x + 278
    x = x + 279
    x = x + 280
    x = x + 281
    x = x + 282
    x = x + 283
    x = x + 284
    x = x + 285
    x = x + 286
    x = x + 287
    x = x + 288
    x = x + 289
    x = x + 290
    x = x + 291
    x = x + 292
    x = x + 293
    x = x + 294
    x = x + 295
    x = x + 296
    x = x + 297
    x = x + 298
    x = x + 299
    y = 10 // (x - 44850)
    return x, y


ARGS = {
    "many_locals": [(1,), (2.5,), (2**62,), (True,)],
    "many_constants": [(1,), (0.5,), (2**60,), ("a",)],
    "long_jumps": [(0,), (5,)],
    "fails_far_inside": [(1,), (0,), ("s",)],
}
