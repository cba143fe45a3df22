#include "upstream/delay_queue.hpp"

#include <algorithm>
#include <utility>

namespace pacedns::simulator {

bool DelayQueue::later(const Entry& left, const Entry& right) {
  return left.due != right.due ? left.due > right.due : left.number > right.number;
}

void DelayQueue::add(TimePoint due, ReplySink& sink, Reply& reply) {
  std::unique_ptr<Reply> kept;
  if (unused_.empty()) {
    kept = std::make_unique<Reply>();
  } else {
    kept = std::move(unused_.back());
    unused_.pop_back();
  }
  std::swap(*kept, reply);
  heap_.push_back({due, next_number_++, &sink, std::move(kept)});
  std::push_heap(heap_.begin(), heap_.end(), later);
  if (due < armed_for_) arm();
}

void DelayQueue::stop() {
  heap_.clear();
  armed_for_ = kNever;
  timer_.cancel();
}

void DelayQueue::arm() {
  armed_for_ = heap_.front().due;
  timer_.expires_at(armed_for_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_timer();
  });
}

void DelayQueue::on_timer() {
  const TimePoint now = steady_now();
  touched_.clear();
  while (!heap_.empty() && heap_.front().due <= now) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Entry entry = std::move(heap_.back());
    heap_.pop_back();
    entry.sink->send(*entry.reply, now);
    if (std::find(touched_.begin(), touched_.end(), entry.sink) == touched_.end())
      touched_.push_back(entry.sink);
    unused_.push_back(std::move(entry.reply));
  }
  for (ReplySink* sink : touched_)
    sink->flush();
  armed_for_ = kNever;
  if (!heap_.empty()) arm();
}

}  // namespace pacedns::simulator
