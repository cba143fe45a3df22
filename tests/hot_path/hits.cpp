#include <cstddef>
#include <cstdio>

#include "pacedns/net/datagram_batch.hpp"

#include "hot_path/hot_worker.hpp"

// Answers hits in full batches and prints how many. test_instructions.py runs it under callgrind, which
// counts the instructions of `serve_hits` and of what that calls; not those of the client and of the start.

namespace {

constexpr unsigned kNames = 1000;
constexpr std::size_t kBatches = 500;
constexpr std::size_t kBatch = pacedns::net::DatagramBatch::kSlots;

}  // namespace

extern "C" [[gnu::noipa]] void serve_hits(pacedns::test::HotWorker& worker) {
  worker.serve();
}

int main() {
  pacedns::test::HotWorker worker(kNames);
  worker.ask(kBatch);
  worker.serve();  // what is only done once
  worker.collect(kBatch);
  for (std::size_t i = 0; i < kBatches; ++i) {
    worker.ask(kBatch);
    serve_hits(worker);
    worker.collect(kBatch);
  }
  std::printf("%zu\n", kBatches * kBatch);
}
