import "elf"

rule program_in_a_temporary_directory {
  meta:
    description = "A program, not a library, where everybody may write: what an intruder fetched and started often lies here"
  condition:
    uint32(0) == 0x464c457f and
    (elf.type == elf.ET_EXEC or for any i in (0..elf.number_of_segments - 1): (elf.segments[i].type == elf.PT_INTERP))
}
