#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "pacedns/forward/forwarder.hpp"
#include "pacedns/forward/loop_detector.hpp"
#include "pacedns/net/listening_socket.hpp"
#include "pacedns/server/listeners.hpp"

#include "support/loopback.hpp"
#include "unit/forward/forwarding.hpp"

// Two workers on two threads, one upstream that the test plays, and questions for either of them.

namespace pacedns::test {

inline constexpr unsigned kWorkers = 2;

/// A worker without sockets for queries: tests hand it queries themselves.
struct Worker {
  Worker(unsigned number, cache::MessageCache& cache, const net::Endpoint& at)
      : forwarder(io, {.worker = number, .workers = kWorkers}, cache, hasher(), counters),
        listeners(io, server::ServerOptions{}, open_connections, forwarder, counters) {
    auto sockets = net::open_both(io, at).value();
    stream = std::move(sockets.stream);
    listeners.add(0, {std::move(sockets.datagrams), {}});
  }

  /// Clients may connect from now on. On the worker's thread.
  void accept() { listeners.add(1, {{}, std::move(stream)}); }

  /// Runs `work` on the worker's thread and waits for it.
  template <typename Work>
  void run(Work work) {
    std::promise<void> done;
    boost::asio::post(io, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running{io.get_executor()};
  metrics::Counters counters;
  server::ConnectionCount open_connections;
  forward::Forwarder forwarder;
  server::Listeners listeners;
  std::optional<boost::asio::ip::tcp::acceptor> stream;
  std::thread thread;
};

class TwoWorkers : public testing::Test {
 protected:
  TwoWorkers() {
    std::vector<forward::Forwarder*> all;
    for (unsigned i = 0; i < kWorkers; ++i) {
      workers_.push_back(std::make_unique<Worker>(i, cache_, at_));
      all.push_back(&workers_.back()->forwarder);
    }
    for (const auto& worker : workers_)
      worker->forwarder.connect(all, worker->listeners);
    for (const auto& worker : workers_) {
      worker->thread = std::thread([&io = worker->io] { io.run(); });
    }
    apply();
  }

  ~TwoWorkers() override {
    for (const auto& worker : workers_)
      worker->io.stop();
    for (const auto& worker : workers_)
      worker->thread.join();
  }

  void apply() {
    auto settings = std::make_shared<forward::Settings>();
    settings->upstreams = {{{upstream::Protocol::Udp, upstream_.at(), "u"}, health_}};
    // A slow machine must not make the flight time out.
    settings->plan.total_collect_timeout = std::chrono::minutes(1);
    settings->forward = forward_;
    settings->allow = server::loopback_prefixes();
    settings->query_log = query_log_;
    settings->query_logger = query_logger_;
    settings->loop_secret = loop_secret_;
    for (const auto& worker : workers_)
      worker->run([&] { worker->forwarder.apply(settings); });
  }

  /// Hands `worker` a query as if `client` had sent it. True if the answer comes later.
  static bool ask(Worker& worker, const Octets& query, const Datagrams& client) {
    server::Incoming incoming = from(client);
    std::vector<std::uint8_t> reply(1232);
    incoming.query = query;
    incoming.reply = reply;
    worker.forwarder.on_queries({&incoming, 1}, steady_now());
    return incoming.handled.when == server::Handled::When::Later;
  }

  /// The upstream answers a client's question that it has not answered before. What it is asked again in
  /// between, on a slow machine, and what a worker asks on account of a suspected loop, it answers as well.
  void answer_new_question() {
    for (const std::size_t before = answered_.size(); answered_.size() == before;) {
      const auto asked = upstream_.receive();
      upstream_.send(reply_to(asked.message), asked.from);
      const dns::Question question = dns::read_question(asked.message).value();
      if (forward::LoopName::find_upstream(question, loop_secret_)) continue;
      Octets lowered(question.wire.size());
      dns::copy_lowered(question.wire, lowered.data());
      answered_.insert(std::move(lowered));
    }
  }

  /// What the upstream is asked about that name, whatever it is asked once more about others.
  Datagrams::Received asked_for(const std::string& name) {
    while (true) {
      auto asked = upstream_.receive();
      const Reply query(asked.message);
      if (dns::equal_ignoring_case(query.view().question().name(), test::name(name))) return asked;
    }
  }

  static server::Incoming from(const Datagrams& client) {
    server::Incoming incoming;
    const auto endpoint = client.at().udp();
    std::memcpy(&incoming.client.peer.remote, endpoint.data(), endpoint.size());
    incoming.client.peer.remote_size = static_cast<socklen_t>(endpoint.size());
    incoming.allowed = true;
    return incoming;
  }

  std::uint64_t count(metrics::Counter counter) const {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_)
      sum += worker->counters.get(counter);
    return sum;
  }

  EventLoop loop_;
  Datagrams upstream_{loop_};
  std::shared_ptr<health::UpstreamHealth> health_ = std::make_shared<health::UpstreamHealth>();
  cache::MessageCache cache_{cache::kMiB};
  std::set<Octets> answered_;
  const std::uint64_t loop_secret_ = 0x0123456789abcdef;
  forward::ForwardOptions forward_;
  forward::QueryLogOptions query_log_;
  std::shared_ptr<spdlog::logger> query_logger_;
  const net::Endpoint at_ = net::claim_endpoint(loopback()).value();
  std::vector<std::unique_ptr<Worker>> workers_;
};

/// A worker that does nothing until `release`.
class Busy {
 public:
  explicit Busy(Worker& worker) {
    std::promise<void> there;
    boost::asio::post(worker.io, [go_on = go_on_.get_future().share(), &there] {
      there.set_value();
      go_on.wait();
    });
    there.get_future().wait();
  }
  void release() { go_on_.set_value(); }

 private:
  std::promise<void> go_on_;
};

/// Names of questions that belong to `worker`.
inline std::vector<std::string> names_of(unsigned worker, std::size_t count) {
  std::vector<std::string> names;
  for (unsigned i = 0; names.size() < count; ++i) {
    std::string name = "n" + std::to_string(i) + ".example.";
    if ((key_for(name).hash() >> 8) % kWorkers == worker) names.push_back(std::move(name));
  }
  return names;
}

/// The same name in as many letter cases as it has letters to choose for.
inline std::string spelled(std::string name, unsigned number) {
  for (char& letter : name) {
    if (letter < 'a' || letter > 'z') continue;
    if (number & 1U) letter = static_cast<char>(letter - 'a' + 'A');
    number >>= 1U;
  }
  return name;
}

inline MessageBuilder question(unsigned number, const std::string& name) {
  MessageBuilder query(spelled(name, number));
  query.id(static_cast<std::uint16_t>(0x4000 + number));
  if (number % 3 == 0) query.opt(1232);
  if (number % 5 == 0) query.flags(0);  // without RD
  return query;
}

}  // namespace pacedns::test
