/**
 * Job: the opcode table of WebAssembly 3.0: for every operator its name, its immediates, its price and what it does to
 * control, in one row. Everything else that knows an operator looks here.
 * Never: decode, decide or write.
 *
 * A row is `first opcode | immediates | price | kind | names of consecutive opcodes`; `_` is an unassigned opcode.
 * The price is Wasmtime's (SPEC.md §1): 0 for operators that make no code of their own, otherwise 1. `catch`,
 * `catch_all` and `delegate` (legacy exceptions, which Wasmtime does not have) delimit like `else` and cost 0.
 * https://webassembly.github.io/spec/core/appendix/index-instructions.html
 */

/** What an operator does to control, and what the meter must do about it. `plain` falls through and is left alone. */
export const Kind = {
  plain: 0,
  block: 1,
  loop: 2,
  if: 3,
  else: 4,
  end: 5,
  try: 6,
  catch: 7,
  catchAll: 8,
  delegate: 9,
  tryTable: 10,
  br: 11,
  brIf: 12,
  brTable: 13,
  /** A conditional branch that moves a reference: `br_on_null`, `br_on_cast`, … */
  brOn: 14,
  return: 15,
  unreachable: 16,
  throw: 17,
  call: 18,
  callIndirect: 19,
  callRef: 20,
  returnCall: 21,
  returnCallIndirect: 22,
  returnCallRef: 23,
  /** A bulk operator whose length is the operand on top of the stack. */
  bulk: 24,
  memoryGrow: 25,
  tableGrow: 26,
  /** Shared memory and threads: known, refused. */
  thread: 27,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Proposals that a module must be admitted to. */
export const Feature = { none: 0, gcAllocation: 1, relaxedSimd: 2, threads: 3 } as const;
export type Feature = (typeof Feature)[keyof typeof Feature];

/** Kinds of immediates. Up to four, four bits each, the first in the lowest bits. */
export const Immediate = {
  /** An index or another unsigned LEB128. */
  u32: 1,
  /** A global's index: moves when a global is imported in front of it. */
  global: 2,
  label: 3,
  /** A signed LEB128 of at most 33 bits: `i32.const`, heap types. */
  s33: 4,
  s64: 5,
  /** Alignment, memory index if bit 6 of it is set, offset. */
  memarg: 6,
  byte: 7,
  bytes4: 8,
  bytes8: 9,
  bytes16: 10,
  blockType: 11,
  /** A vector of labels and the default one. */
  labels: 12,
  /** The catch clauses of `try_table`. */
  catches: 13,
  valueTypes: 14,
} as const;

const table = `
000 -           0 unreachable  unreachable
001 -           0 plain        nop
002 blockType   0 block        block
003 blockType   0 loop         loop
004 blockType   1 if           if
005 -           0 else         else
006 blockType   1 try          try
007 u32         0 catch        catch
008 u32         1 throw        throw
009 label       1 throw        rethrow
00a -           1 throw        throw_ref
00b -           0 end          end
00c label       1 br           br
00d label       1 brIf         br_if
00e labels      1 brTable      br_table
00f -           0 return       return
010 u32         1 call         call
011 u32,u32     1 callIndirect call_indirect
012 u32         1 returnCall   return_call
013 u32,u32     1 returnCallIndirect return_call_indirect
014 u32         1 callRef      call_ref
015 u32         1 returnCallRef return_call_ref
018 label       0 delegate     delegate
019 -           0 catchAll     catch_all
01a -           0 plain        drop
01b -           1 plain        select
01c valueTypes  1 plain        select.typed
01f blockType,catches 1 tryTable try_table
020 u32         1 plain        local.get local.set local.tee
023 global      1 plain        global.get global.set
025 u32         1 plain        table.get table.set
028 memarg      1 plain        i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u
030 memarg      1 plain        i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u
036 memarg      1 plain        i32.store i64.store f32.store f64.store i32.store8 i32.store16 i64.store8 i64.store16 i64.store32
03f u32         1 plain        memory.size
040 u32         1 memoryGrow   memory.grow
041 s33         1 plain        i32.const
042 s64         1 plain        i64.const
043 bytes4      1 plain        f32.const
044 bytes8      1 plain        f64.const
045 -           1 plain        i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u
050 -           1 plain        i64.eqz i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u
05b -           1 plain        f32.eq f32.ne f32.lt f32.gt f32.le f32.ge f64.eq f64.ne f64.lt f64.gt f64.le f64.ge
067 -           1 plain        i32.clz i32.ctz i32.popcnt i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u
071 -           1 plain        i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr
079 -           1 plain        i64.clz i64.ctz i64.popcnt i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u
083 -           1 plain        i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr
08b -           1 plain        f32.abs f32.neg f32.ceil f32.floor f32.trunc f32.nearest f32.sqrt f32.add f32.sub f32.mul f32.div f32.min f32.max f32.copysign
099 -           1 plain        f64.abs f64.neg f64.ceil f64.floor f64.trunc f64.nearest f64.sqrt f64.add f64.sub f64.mul f64.div f64.min f64.max f64.copysign
0a7 -           1 plain        i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u
0ac -           1 plain        i64.extend_i32_s i64.extend_i32_u i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u
0b2 -           1 plain        f32.convert_i32_s f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64
0b7 -           1 plain        f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s f64.convert_i64_u f64.promote_f32
0bc -           1 plain        i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64
0c0 -           1 plain        i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s
0d0 s33         1 plain        ref.null
0d1 -           1 plain        ref.is_null
0d2 u32         1 plain        ref.func
0d3 -           1 plain        ref.eq ref.as_non_null
0d5 label       1 brOn         br_on_null br_on_non_null

100 u32         1 plain        struct.new struct.new_default
102 u32,u32     1 plain        struct.get struct.get_s struct.get_u struct.set
106 u32         1 bulk         array.new array.new_default
108 u32,u32     1 plain        array.new_fixed
109 u32,u32     1 bulk         array.new_data array.new_elem
10b u32         1 plain        array.get array.get_s array.get_u array.set
10f -           1 plain        array.len
110 u32         1 bulk         array.fill
111 u32,u32     1 bulk         array.copy array.init_data array.init_elem
114 s33         1 plain        ref.test ref.test_null ref.cast ref.cast_null
118 byte,label,s33,s33 1 brOn  br_on_cast br_on_cast_fail
11a -           1 plain        any.convert_extern extern.convert_any ref.i31 i31.get_s i31.get_u

200 -           1 plain        i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u
204 -           1 plain        i64.trunc_sat_f32_s i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u
208 u32,u32     1 bulk         memory.init
209 u32         1 plain        data.drop
20a u32,u32     1 bulk         memory.copy
20b u32         1 bulk         memory.fill
20c u32,u32     1 bulk         table.init
20d u32         1 plain        elem.drop
20e u32,u32     1 bulk         table.copy
20f u32         1 tableGrow    table.grow
210 u32         1 plain        table.size
211 u32         1 bulk         table.fill

300 memarg      1 plain        v128.load v128.load8x8_s v128.load8x8_u v128.load16x4_s v128.load16x4_u v128.load32x2_s v128.load32x2_u
307 memarg      1 plain        v128.load8_splat v128.load16_splat v128.load32_splat v128.load64_splat v128.store
30c bytes16     1 plain        v128.const i8x16.shuffle
30e -           1 plain        i8x16.swizzle i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat
315 byte        1 plain        i8x16.extract_lane_s i8x16.extract_lane_u i8x16.replace_lane i16x8.extract_lane_s i16x8.extract_lane_u i16x8.replace_lane
31b byte        1 plain        i32x4.extract_lane i32x4.replace_lane i64x2.extract_lane i64x2.replace_lane
31f byte        1 plain        f32x4.extract_lane f32x4.replace_lane f64x2.extract_lane f64x2.replace_lane
323 -           1 plain        i8x16.eq i8x16.ne i8x16.lt_s i8x16.lt_u i8x16.gt_s i8x16.gt_u i8x16.le_s i8x16.le_u i8x16.ge_s i8x16.ge_u
32d -           1 plain        i16x8.eq i16x8.ne i16x8.lt_s i16x8.lt_u i16x8.gt_s i16x8.gt_u i16x8.le_s i16x8.le_u i16x8.ge_s i16x8.ge_u
337 -           1 plain        i32x4.eq i32x4.ne i32x4.lt_s i32x4.lt_u i32x4.gt_s i32x4.gt_u i32x4.le_s i32x4.le_u i32x4.ge_s i32x4.ge_u
341 -           1 plain        f32x4.eq f32x4.ne f32x4.lt f32x4.gt f32x4.le f32x4.ge f64x2.eq f64x2.ne f64x2.lt f64x2.gt f64x2.le f64x2.ge
34d -           1 plain        v128.not v128.and v128.andnot v128.or v128.xor v128.bitselect v128.any_true
354 memarg,byte 1 plain        v128.load8_lane v128.load16_lane v128.load32_lane v128.load64_lane
358 memarg,byte 1 plain        v128.store8_lane v128.store16_lane v128.store32_lane v128.store64_lane
35c memarg      1 plain        v128.load32_zero v128.load64_zero
35e -           1 plain        f32x4.demote_f64x2_zero f64x2.promote_low_f32x4
360 -           1 plain        i8x16.abs i8x16.neg i8x16.popcnt i8x16.all_true i8x16.bitmask i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u
367 -           1 plain        f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest
36b -           1 plain        i8x16.shl i8x16.shr_s i8x16.shr_u i8x16.add i8x16.add_sat_s i8x16.add_sat_u i8x16.sub i8x16.sub_sat_s i8x16.sub_sat_u
374 -           1 plain        f64x2.ceil f64x2.floor i8x16.min_s i8x16.min_u i8x16.max_s i8x16.max_u f64x2.trunc i8x16.avgr_u
37c -           1 plain        i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u i32x4.extadd_pairwise_i16x8_s i32x4.extadd_pairwise_i16x8_u
380 -           1 plain        i16x8.abs i16x8.neg i16x8.q15mulr_sat_s i16x8.all_true i16x8.bitmask i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u
387 -           1 plain        i16x8.extend_low_i8x16_s i16x8.extend_high_i8x16_s i16x8.extend_low_i8x16_u i16x8.extend_high_i8x16_u
38b -           1 plain        i16x8.shl i16x8.shr_s i16x8.shr_u i16x8.add i16x8.add_sat_s i16x8.add_sat_u i16x8.sub i16x8.sub_sat_s i16x8.sub_sat_u
394 -           1 plain        f64x2.nearest i16x8.mul i16x8.min_s i16x8.min_u i16x8.max_s i16x8.max_u _ i16x8.avgr_u
39c -           1 plain        i16x8.extmul_low_i8x16_s i16x8.extmul_high_i8x16_s i16x8.extmul_low_i8x16_u i16x8.extmul_high_i8x16_u
3a0 -           1 plain        i32x4.abs i32x4.neg _ i32x4.all_true i32x4.bitmask
3a7 -           1 plain        i32x4.extend_low_i16x8_s i32x4.extend_high_i16x8_s i32x4.extend_low_i16x8_u i32x4.extend_high_i16x8_u
3ab -           1 plain        i32x4.shl i32x4.shr_s i32x4.shr_u i32x4.add _ _ i32x4.sub
3b5 -           1 plain        i32x4.mul i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u i32x4.dot_i16x8_s
3bc -           1 plain        i32x4.extmul_low_i16x8_s i32x4.extmul_high_i16x8_s i32x4.extmul_low_i16x8_u i32x4.extmul_high_i16x8_u
3c0 -           1 plain        i64x2.abs i64x2.neg _ i64x2.all_true i64x2.bitmask
3c7 -           1 plain        i64x2.extend_low_i32x4_s i64x2.extend_high_i32x4_s i64x2.extend_low_i32x4_u i64x2.extend_high_i32x4_u
3cb -           1 plain        i64x2.shl i64x2.shr_s i64x2.shr_u i64x2.add _ _ i64x2.sub
3d5 -           1 plain        i64x2.mul i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s
3dc -           1 plain        i64x2.extmul_low_i32x4_s i64x2.extmul_high_i32x4_s i64x2.extmul_low_i32x4_u i64x2.extmul_high_i32x4_u
3e0 -           1 plain        f32x4.abs f32x4.neg _ f32x4.sqrt f32x4.add f32x4.sub f32x4.mul f32x4.div f32x4.min f32x4.max f32x4.pmin f32x4.pmax
3ec -           1 plain        f64x2.abs f64x2.neg _ f64x2.sqrt f64x2.add f64x2.sub f64x2.mul f64x2.div f64x2.min f64x2.max f64x2.pmin f64x2.pmax
3f8 -           1 plain        i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u
3fc -           1 plain        i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u
400 -           1 plain        i8x16.relaxed_swizzle i32x4.relaxed_trunc_f32x4_s i32x4.relaxed_trunc_f32x4_u i32x4.relaxed_trunc_f64x2_s_zero i32x4.relaxed_trunc_f64x2_u_zero
405 -           1 plain        f32x4.relaxed_madd f32x4.relaxed_nmadd f64x2.relaxed_madd f64x2.relaxed_nmadd
409 -           1 plain        i8x16.relaxed_laneselect i16x8.relaxed_laneselect i32x4.relaxed_laneselect i64x2.relaxed_laneselect
40d -           1 plain        f32x4.relaxed_min f32x4.relaxed_max f64x2.relaxed_min f64x2.relaxed_max
411 -           1 plain        i16x8.relaxed_q15mulr_s i16x8.relaxed_dot_i8x16_i7x16_s i32x4.relaxed_dot_i8x16_i7x16_add_s
`;

/** An opcode is its byte, or for a prefixed operator a page of 0x100 (0xFC: 0x200 + its number, and so on). */
export const opcodeCount = 0x500;
/** First opcode of the page of each prefix byte; undefined for bytes that are no prefix. */
export const prefixPages: Readonly<Record<number, number>> = { 251: 0x100, 252: 0x200, 253: 0x300 };
/** The prefix of shared-memory operators, all of which are refused. */
export const threadsPrefix = 0xfe;

export interface OpcodeTable {
  /** `undefined` where no operator is assigned. */
  readonly name: readonly (string | undefined)[];
  readonly immediates: Uint16Array;
  readonly price: Uint8Array;
  readonly kind: Uint8Array;
  readonly feature: Uint8Array;
}

function build(): OpcodeTable {
  const name: (string | undefined)[] = new Array(opcodeCount).fill(undefined);
  const immediates = new Uint16Array(opcodeCount);
  const price = new Uint8Array(opcodeCount);
  const kind = new Uint8Array(opcodeCount);
  const feature = new Uint8Array(opcodeCount);
  for (const line of table.split("\n")) {
    if (line === "") continue;
    const [first, immediateNames, cost, kindName, ...names] = line.split(/ +/) as [
      string,
      string,
      string,
      keyof typeof Kind,
    ];
    let packed = 0;
    if (immediateNames !== "-")
      immediateNames.split(",").forEach((word, i) => {
        packed |= Immediate[word as keyof typeof Immediate] << (4 * i);
      });
    names.forEach((word: string, i: number) => {
      if (word === "_") return;
      const opcode = Number.parseInt(first, 16) + i;
      name[opcode] = word;
      immediates[opcode] = packed;
      price[opcode] = Number(cost);
      kind[opcode] = Kind[kindName];
      if (/^(struct|array)\.new/.test(word)) feature[opcode] = Feature.gcAllocation;
      else if (word.includes(".relaxed_")) feature[opcode] = Feature.relaxedSimd;
    });
  }
  return { name, immediates, price, kind, feature };
}

export const opcodes: OpcodeTable = build();

/** Opcodes that passes look for or write, by name. */
export const Op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  returnCall: 0x12,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i64Const: 0x42,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LeU: 0x4d,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32DivU: 0x6e,
  i32RemU: 0x70,
  i32ShrU: 0x76,
  i64Eq: 0x51,
  i64GtS: 0x55,
  i64GeS: 0x59,
  i64LeS: 0x57,
  i64LeU: 0x58,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64DivU: 0x80,
  i64ShrU: 0x88,
  i64ExtendI32S: 0xac,
  i64ExtendI32U: 0xad,
  drop: 0x1a,
  select: 0x1b,
  arrayNew: 0x106,
  arrayNewDefault: 0x107,
  refNull: 0xd0,
  refFunc: 0xd2,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  tableGrow: 0x20f,
  memoryCopy: 0x20a,
  memoryFill: 0x20b,
  memoryInit: 0x208,
  tableInit: 0x20c,
  tableCopy: 0x20e,
  tableFill: 0x211,
} as const;
