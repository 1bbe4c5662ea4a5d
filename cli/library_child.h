// The process in which function libraries run: the program, executed anew with an argument that
// is in no help. It answers what library_process.h asks, under limits that it sets for itself
// before it reads a byte: processor time, address space, files, processes and, where the system has
// it, which system calls there are. It opens nothing and ends with the one who asks.
#pragma once

namespace cli {

// Sanitizers take terabytes of address space and their own system calls: a build with them limits
// neither.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kHasSanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kHasSanitizer = true;
#else
inline constexpr bool kHasSanitizer = false;
#endif
#else
inline constexpr bool kHasSanitizer = false;
#endif

// The arguments of that process: this one and the seconds of processor time that it may take.
inline constexpr const char* kLibraryChild = "--judge-libraries";

[[nodiscard]] bool is_library_child(int argc, char** argv);

// Answers questions on standard input by standard output, until there are no more. Ends the
// process; 2: what it was asked is no question.
int judge_libraries(char** argv);

}  // namespace cli
