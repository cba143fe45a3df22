#include "pacedns/app/worker.hpp"

#include <future>
#include <utility>

#include <boost/asio/post.hpp>

namespace pacedns::app {

Worker::Worker(forward::PlanDriver::Place place, const server::ServerOptions& options, const Shared& shared)
    : keep_running_(io_.get_executor()),
      forwarder_(io_, place, shared.cache, shared.hasher, counters_),
      listeners_(io_, options, shared.open_connections, forwarder_, counters_) {}

Worker::~Worker() {
  stop();
}

void Worker::start() {
  thread_ = std::thread([this] { io_.run(); });
}

void Worker::apply(std::shared_ptr<const forward::Settings> settings) {
  boost::asio::post(io_, [this, settings = std::move(settings)] { forwarder_.apply(settings); });
}

void Worker::add_address(std::uint32_t id, net::ListeningSockets sockets) {
  boost::asio::post(
      io_, [this, id, sockets = std::move(sockets)]() mutable { listeners_.add(id, std::move(sockets)); });
}

void Worker::retire_address(std::uint32_t id, Duration patience) {
  boost::asio::post(io_, [this, id, patience] { listeners_.retire(id, patience); });
}

void Worker::stop_accepting() {
  boost::asio::post(io_, [this] { listeners_.stop_accepting(); });
}

std::size_t Worker::waiters() {
  std::promise<std::size_t> answer;
  auto waiting = answer.get_future();
  boost::asio::post(io_, [this, &answer] { answer.set_value(forwarder_.driver().waiters()); });
  return waiting.get();
}

bool Worker::has_responded() {
  if (!responded_.exchange(false)) return false;
  boost::asio::post(io_, [this] { responded_ = true; });
  return true;
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  boost::asio::post(io_, [this] {
    listeners_.close();
    io_.stop();
  });
  thread_.join();
}

}  // namespace pacedns::app
