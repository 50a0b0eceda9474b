# Files that travel inside the executable: the page, the demo home. Each becomes an object whose bytes
# the assembler takes in whole (.incbin), with a start and an end symbol; src/base/embed.h declares them.
function(hearth_embed name file)
  set(asm ${CMAKE_BINARY_DIR}/generated/embed_${name}.S)
  file(WRITE ${asm}.in
".section .rodata
.balign 16
.globl ht_embed_${name}
ht_embed_${name}: .incbin \"${file}\"
.byte 0
.globl ht_embed_${name}_end
ht_embed_${name}_end:
.section .note.GNU-stack,\"\",%progbits
")
  configure_file(${asm}.in ${asm} COPYONLY)
  set_source_files_properties(${asm} PROPERTIES OBJECT_DEPENDS ${file} LANGUAGE C COMPILE_OPTIONS "-xassembler-with-cpp")
  set(HEARTH_OBJECTS ${HEARTH_OBJECTS} ${asm} PARENT_SCOPE)
endfunction()
