#include "scenario/runner.hpp"

#include <algorithm>
#include <sstream>

#include "scenario/option_table.hpp"
#include "scenario/values.hpp"

namespace pacedns::scenario {
namespace {

/// `q3..q5` as q3, q4, q5; any other word as itself.
std::vector<std::string> expand(const std::string& word) {
  const auto dots = word.find("..");
  if (dots == std::string::npos) return {word};
  const std::string first = word.substr(0, dots);
  const std::string last = word.substr(dots + 2);
  const std::size_t digits = first.find_first_of("0123456789");
  if (digits == std::string::npos || last.size() <= digits) throw Failure("`" + word + "` is no range");
  std::vector<std::string> names;
  for (auto i = read_number(first.substr(digits)); i <= read_number(last.substr(digits)); ++i) {
    names.push_back(first.substr(0, digits) + std::to_string(i));
  }
  return names;
}

void expect_equal(const std::string& what, const std::string& expected, const std::string& seen) {
  if (expected != seen)
    throw Failure("expected: " + what + " " + expected + "\n    seen: " + what + " " + seen);
}

}  // namespace

void Runner::play(const std::vector<Line>& script) {
  for (const Line& line : script) {
    line_ = line.number;
    perform(line);
  }
  apply_changes();
  if (tell_rest_) world_.story().check_all_told();
  world_.run_out();
  if (tell_rest_) world_.story().check_all_told();
}

void Runner::perform(const Line& line) {
  if (!perform_setup(line) && !perform_action(line) && !perform_check(line)) {
    throw Failure("there is no verb `" + line.verb + "`");
  }
}

bool Runner::perform_setup(const Line& line) {
  if (line.verb == "option") {
    set_option(world_.options(), line.word(0, "a key"), line.word(1, "a value"));
    changed_ = true;
  } else if (line.verb == "upstream") {
    add_upstream(line);
  } else if (line.verb == "remove") {
    std::erase(upstreams_, line.word(0, "an upstream"));
    changed_ = true;
  } else if (line.verb == "data") {
    for (ScriptedUpstream* upstream : upstreams_of(line))
      upstream->data.add(line.text);
  } else if (line.verb == "forget") {
    for (ScriptedUpstream* upstream : upstreams_of(line))
      upstream->data.remove(line.text);
  } else if (line.verb == "change") {
    for (ScriptedUpstream* upstream : upstreams_of(line))
      set_behaviour(*upstream, line.text);
  } else {
    return false;
  }
  return true;
}

bool Runner::perform_action(const Line& line) {
  apply_changes();
  if (line.verb == "at") {
    move_on(line, true);
  } else if (line.verb == "skip") {
    move_on(line, false);
  } else if (line.verb == "query") {
    world_.query(make_query(line.word(0, "a client"), line.word(1, "a QNAME"), line, 2));
  } else if (line.verb == "gone") {
    world_.leave(line.word(0, "a client"));
  } else if (line.verb == "flood") {
    flood(line);
  } else if (line.verb == "rest") {
    tell_rest_ = false;
    world_.story().skip_untold();
  } else {
    return false;
  }
  return true;
}

bool Runner::perform_check(const Line& line) {
  const std::string verb = line.verb;
  if (verb == "asked") {
    world_.story().tell_all("asked", line.words);
  } else if (verb == "answered" || verb == "hit") {
    for (const std::string& client : expand(line.word(0, "a client")))
      world_.story().tell(verb + " " + client, line.words_from(1));
  } else if (verb == "refused") {
    world_.story().tell_all("refused", line.words);
  } else if (verb == "flights") {
    expect_equal(verb, line.word(0, "a number"), std::to_string(world_.flights()));
  } else if (verb == "counter") {
    const std::string& name = line.word(0, "a counter");
    expect_equal(name, line.word(1, "a number"), std::to_string(world_.counter(name)));
  } else if (verb == "state") {
    expect_equal(line.word(0, "an upstream"), line.word(1, "a state"),
                 world_.state_of(line.word(0, "an upstream")));
  } else if (verb == "waited") {
    check_waited(line);
  } else {
    return false;
  }
  return true;
}

void Runner::apply_changes() {
  if (changed_) world_.apply(upstreams_);
  changed_ = false;
}

void Runner::add_upstream(const Line& line) {
  ScriptedUpstream upstream{.name = line.word(0, "a name"), .rtt = read_duration(line.word(1, "an RTT"))};
  upstream.tcp_only = line.words.size() > 2 && line.word(2, "tcp") == "tcp";
  upstreams_.push_back(upstream.name);
  set_behaviour(world_.network().add(std::move(upstream)), line.text);
  changed_ = true;
}

void Runner::move_on(const Line& line, bool tell) {
  Story& story = world_.story();
  if (tell) story.check_all_told();
  const TimePoint target = kBeginning + read_duration(line.word(0, "a time"));
  if (target < world_.now()) throw Failure("time does not run backwards");
  if (tell) {
    world_.run_until(std::max(world_.now(), target - Duration(1)));
    story.check_all_told();
  }
  world_.run_until(target - Duration(tell ? 0 : 1));
  if (tell) return;
  story.skip_untold();
  world_.run_until(target);
}

void Runner::flood(const Line& line) {
  const std::string& client = line.word(0, "a client");
  const std::uint64_t count = read_number(line.word(1, "a number"));
  const Duration interval = read_duration(line.word(2, "an interval"));
  for (std::uint64_t i = 1; i <= count; ++i) {
    std::string qname = line.word(3, "a QNAME");
    if (const auto place = qname.find('%'); place != std::string::npos)
      qname.replace(place, 1, std::to_string(i));
    const TimePoint at = world_.now() + static_cast<Duration::rep>(i - 1) * interval;
    world_.query_at(at, make_query(client + std::to_string(i), qname, line, 4));
  }
  world_.run_until(world_.now());
}

void Runner::check_waited(const Line& line) {
  const std::string clients = line.word(0, "clients");
  const bool at_most = line.word(1, "a time") == "at-most";
  const Duration bound = read_duration(line.word(at_most ? 2 : 1, "a time"));
  for (const std::string& client : expand(clients)) {
    const Duration waited = world_.waited(client);
    if (at_most ? waited <= bound : waited == bound) continue;
    throw Failure("expected: " + client + " waited " + line.words_from(1) + "\n    seen: " + to_text(waited));
  }
}

ClientQuery Runner::make_query(const std::string& client, const std::string& qname, const Line& line,
                               std::size_t first_flag) {
  test::MessageBuilder message(qname, read_type(line.word(first_flag, "a QTYPE")));
  message.id(++next_id_);
  bool edns = false, dnssec_ok = false, over_tcp = false;
  for (std::size_t i = first_flag + 1; i < line.words.size(); ++i) {
    const std::string& flag = line.words[i];
    edns |= flag == "edns" || flag == "do";
    dnssec_ok |= flag == "do";
    over_tcp |= flag == "tcp";
    if (flag == "cd") message.add_flags(dns::kCd);
    if (flag == "ad") message.add_flags(dns::kAd);
    if (flag != "edns" && flag != "do" && flag != "tcp" && flag != "cd" && flag != "ad") {
      throw Failure("a query cannot be `" + flag + "`");
    }
  }
  if (edns) message.opt(1232, dnssec_ok);
  return {client, message.wire(), over_tcp};
}

std::vector<ScriptedUpstream*> Runner::upstreams_of(const Line& line) {
  std::vector<ScriptedUpstream*> upstreams;
  const bool all = line.word(0, "an upstream") == "all";
  for (const std::string& word : all ? world_.network().names() : line.words) {
    for (const std::string& name : expand(word))
      upstreams.push_back(&world_.network().find(name));
  }
  return upstreams;
}

}  // namespace pacedns::scenario
