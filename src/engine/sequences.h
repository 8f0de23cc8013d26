/* First halves of the sequences (wasm/regcode.h, WRT__SEQ): what a register operator does, without going to the next
 * one. Both instructions stay as they are; the first one's handler goes on in the second's without an indirect jump,
 * so traps, stops and branches to the second find what they always find. Only for the spelling with tail calls. */

#define FIRST_MOV fp[RD] = fp[RA]; ip += 2;
#define FIRST_MOV2 fp[RD] = fp[RA]; fp[RB] = fp[RC]; ip += 2;
#define FIRST_MOVI fp[RD] = ip[2]; ip += 3;
#define FIRST_STA_I PUT_I(RD); ip += 2;
#define FIRST_GGET_I A = inst->globals[(u32)IMM]; ip += 2;
#define FIRST_2(E) A = (u32)(E); ip += 2;
#define FIRST_2D(E) A = (u32)(E); PUT_I(RD); ip += 2;
#define FIRST_I32_ADD_SI FIRST_2((u32)fp[RA] + (u32)IMM)
#define FIRST_I32_ADD_SI_D FIRST_2D((u32)fp[RA] + (u32)IMM)
#define FIRST_I32_ADD_AI FIRST_2((u32)A + (u32)IMM)
#define FIRST_I32_ADD_AI_D FIRST_2D((u32)A + (u32)IMM)
#define FIRST_I32_ADD_SS FIRST_2((u32)fp[RA] + (u32)fp[RB])
#define FIRST_I32_ADD_SS_D FIRST_2D((u32)fp[RA] + (u32)fp[RB])
#define FIRST_I32_ADD_AS FIRST_2((u32)A + (u32)fp[RB])
#define FIRST_I32_ADD_AS_D FIRST_2D((u32)A + (u32)fp[RB])
#define FIRST_I32_MUL_AI FIRST_2((u32)A * (u32)IMM)
#define FIRST_I32_MUL_SI FIRST_2((u32)fp[RA] * (u32)IMM)
#define FIRST_I32_AND_AI FIRST_2((u32)A & (u32)IMM)
#define FIRST_I32_AND_AI_D FIRST_2D((u32)A & (u32)IMM)
#define FIRST_I32_AND_SI FIRST_2((u32)fp[RA] & (u32)IMM)
#define FIRST_I32_AND_AS FIRST_2((u32)A & (u32)fp[RB])
#define FIRST_I32_OR_AI FIRST_2((u32)A | (u32)IMM)
#define FIRST_I32_XOR_AS FIRST_2((u32)A ^ (u32)fp[RB])
#define FIRST_I32_XOR_AI_D FIRST_2D((u32)A ^ (u32)IMM)
#define FIRST_I32_SHL_AI FIRST_2((u32)A << (IMM & 31))
#define FIRST_I32_SHL_SI FIRST_2((u32)fp[RA] << (IMM & 31))
#define FIRST_I32_SHRU_AI FIRST_2((u32)A >> (IMM & 31))
#define FIRST_I32_SHRU_SI FIRST_2((u32)fp[RA] >> (IMM & 31))
#define FIRST_I32_LTU_SS FIRST_2((u32)fp[RA] < (u32)fp[RB])
#define FIRST_SHLADD_SS FIRST_2((u32)fp[RA] + ((u32)fp[RB] << RC))
#define FIRST_SHLADD_SS_D FIRST_2D((u32)fp[RA] + ((u32)fp[RB] << RC))
#define FIRST_SHLADD_SA FIRST_2((u32)fp[RA] + ((u32)A << RC))
#define FIRST_SHLADD_SA_D FIRST_2D((u32)fp[RA] + ((u32)A << RC))
#define FIRST_I64_ADD_SI_D A = fp[RA] + (u64)(i64)IMM; PUT_I(RD); ip += 2;
#define FIRST_LOAD(m, T, ...) { LE_##m(T); A = __VA_ARGS__ load_##T(mem + e); } ip += LW_##m;
#define FIRST_LOAD_D(m, T, ...) { LE_##m(T); A = __VA_ARGS__ load_##T(mem + e); PUT_I(RD); } ip += LW_##m;
#define FIRST_LD_I32_S FIRST_LOAD(S, u32, (u64))
#define FIRST_LD_I32_S_D FIRST_LOAD_D(S, u32, (u64))
#define FIRST_LD_I32_A FIRST_LOAD(A, u32, (u64))
#define FIRST_LD_I32_A_D FIRST_LOAD_D(A, u32, (u64))
#define FIRST_LD_I32_PS FIRST_LOAD(PS, u32, (u64))
#define FIRST_LD_I32_PA FIRST_LOAD(PA, u32, (u64))
#define FIRST_LD_I32_X FIRST_LOAD(X, u32, (u64))
#define FIRST_LD_I64_S FIRST_LOAD(S, u64, (u64))
#define FIRST_LD_I32_8U_S FIRST_LOAD(S, u8, (u32))
#define FIRST_LD_I32_8U_S_D FIRST_LOAD_D(S, u8, (u32))
#define FIRST_LD_I32_8U_PS FIRST_LOAD(PS, u8, (u32))
#define FIRST_LD_I32_8U_PS_D FIRST_LOAD_D(PS, u8, (u32))
#define FIRST_LD_I32_16U_S FIRST_LOAD(S, u16, (u32))
#define FIRST_STORE(m, T, v) { SE_##m(T); store_##T(mem + e, (T)(v)); } ip += SW_##m;
#define FIRST_ST_I32_SA FIRST_STORE(SA, u32, A)
#define FIRST_ST_I32_SS FIRST_STORE(SS, u32, fp[RA])
#define FIRST_ST_I32_SI FIRST_STORE(SI, u32, ip[2])
#define FIRST_ST_I64_SA FIRST_STORE(SA, u64, A)
#define FIRST_ST_8_SA FIRST_STORE(SA, u8, A)
#define FIRST_ST_8_PI FIRST_STORE(PI, u8, (u64)WORD_HI(2))
#define FIRST_ST_F64_SA { SE_SA(double); store_double(mem + e, D); } ip += SW_SA;

#define X(x, y) HDL(x##__##y, FIRST_##x TAIL h_##y(PASS);)
WRT__SEQ(X)
#undef X
