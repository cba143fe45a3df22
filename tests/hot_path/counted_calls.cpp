#include "hot_path/counted_calls.hpp"

#include <sys/syscall.h>

#include <cstdlib>
#include <ctime>

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

namespace {

constinit thread_local pacedns::test::Calls calls;

/// Points `function` at what would be called if this program did not define `name`; sanitizers have
/// definitions of their own.
template <typename Function>
void find_next(Function*& function, const char* name) {
  if (function == nullptr) function = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  ++calls.clock_readings;
  return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  static int (*next)(pthread_mutex_t*) = nullptr;
  find_next(next, "pthread_mutex_lock");
  ++calls.mutexes;
  return next(mutex);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  static int (*next)(pthread_rwlock_t*) = nullptr;
  find_next(next, "pthread_rwlock_wrlock");
  ++calls.exclusive_locks;
  return next(lock);
}

}  // extern "C"

#ifdef PACEDNS_SANITIZED

// A sanitizer's allocator cannot be replaced, but tells of each allocation. GCC has no header for this.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                                         void (*on_free)(const volatile void*));

namespace {

[[maybe_unused]] const int kInstalled = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { ++calls.allocations; }, [](const volatile void*) {});

}  // namespace

#else

// glibc's own names for its allocator; what they return may be given to its `free`.
extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept {
  ++calls.allocations;
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) noexcept {
  ++calls.allocations;
  return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) noexcept {
  ++calls.allocations;
  return __libc_realloc(memory, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  ++calls.allocations;
  return __libc_memalign(alignment, size);
}

}  // extern "C"

#endif

namespace pacedns::test {

Calls calls_so_far() {
  return calls;
}

}  // namespace pacedns::test
