# Compiler and linker flags of every target.
add_compile_options(
    -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow
    -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla -Wundef
    -Wwrite-strings -Wcast-qual -fno-strict-aliasing
    -fno-omit-frame-pointer)
add_compile_definitions(_GNU_SOURCE TOCSIN_VERSION="${PROJECT_VERSION}")
include_directories(${PROJECT_SOURCE_DIR})

if(TOCSIN_WERROR)
    add_compile_options(-Werror)
endif()

if(TOCSIN_SANITIZE)
    add_compile_options(-fsanitize=${TOCSIN_SANITIZE}
        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${TOCSIN_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
    # -O3 comes from CMake; the rest hardens a program that reads what
    # strangers write.
    add_compile_options(-fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE)
    add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
