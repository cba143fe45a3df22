#include "pacedns/config/loader.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <unistd.h>

#include "unit/config/loading.hpp"

namespace pacedns::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

TEST(Loader, FillsEveryOption) {
  const Config config = config_of(R"(
listen: ["127.0.0.1:5300"]
workers: 3
upstream:
  servers: [9.9.9.9]
  resolv_conf: /run/resolv.conf
  active_tier_size: 1
  fallback_timeout: 0.2s
  batch_size: 4
  stagger_delay: 10ms
  total_collect_timeout: 1500ms
  collect: answer
  merge: off
cache: { size: 1GiB, min_ttl: 1m, max_ttl: 1h, negative_max_ttl: 5m, failure_ttl: 1s }
access: { allow: [any] }
limits: { inflight_queries: 5, tcp_connections: 6, tcp_connections_per_client: 4, tcp_idle_timeout: 7s }
log: { level: error, target: journal, queries: true, query_sample: 8, query_rate: 9, query_clients: truncated }
status: { listen: "127.0.0.1:9853", allow: [any], privacy: hidden, history: 8MiB }
control: { socket: /run/control.sock }
)");
  EXPECT_EQ(config.workers, 3U);
  EXPECT_EQ(config.upstream.servers.size(), 1U);
  EXPECT_EQ(config.upstream.resolv_conf, "/run/resolv.conf");
  EXPECT_EQ(config.plan, (plan::PlanOptions{1, milliseconds(200), 4, milliseconds(10), milliseconds(1500),
                                            plan::Collect::Answer}));
  EXPECT_EQ(config.cache, (cache::CacheOptions{std::size_t{1} << 30,
                                               {seconds(60), seconds(3600), seconds(300), seconds(1)}}));
  EXPECT_EQ(config.forward, (forward::ForwardOptions{5, forward::Merge::Off, 8 * cache::kMiB, {}, {}}));
  EXPECT_EQ(config.server.tcp, (server::TcpOptions{6, 4, seconds(7)}));
  EXPECT_EQ(config.log, (LogOptions{LogLevel::Error, LogTarget::Journal}));
  EXPECT_EQ(config.query_log, (forward::QueryLogOptions{true, 8, 9, forward::ClientPrivacy::Truncated}));
  EXPECT_EQ(to_string(config.status.listen.value()), "127.0.0.1:9853");
  EXPECT_EQ(config.status.allow.size(), 2U);
  EXPECT_EQ(config.status.privacy, Privacy::Hidden);
  EXPECT_EQ(config.control_socket, "/run/control.sock");
}

TEST(Loader, NeedsNothingButUpstreams) {
  const Config config = config_of("upstream: { servers: [9.9.9.9] }");
  EXPECT_EQ(config.plan, plan::PlanOptions{});
  EXPECT_EQ(config.cache, cache::CacheOptions{});
}

TEST(Loader, TakesZeroAndFalseForWhatTheyAre) {
  const Config config =
      config_of(with_server("cache: { size: 0, negative_max_ttl: 0 }\nlog: { queries: false }"));
  EXPECT_EQ(config.cache.size, 0U);
  EXPECT_EQ(config.cache.ttl.negative_max_ttl, seconds(0));
  EXPECT_FALSE(config.query_log.on);
}

TEST(Loader, ReportsEveryErrorAtOnce) {
  EXPECT_THAT(
      errors_of(R"(wokers: 3
upstream:
  servers: [localhost]
  batch_size: 0
  batch_size: 1
cache:
  size: 64
  min_ttl: -1s
log: { level: warn }
limits: 5
)"),
      ElementsAre("f:1:1: wokers: unknown key (did you mean workers?)",
                  StartsWith("f:3:13: upstream.servers: 'localhost' is a host name, where"),
                  "f:4:15: upstream.batch_size: '0' is out of range (1..16)",
                  "f:5:3: upstream.batch_size: given twice (once; it is on line 4)",
                  "f:7:9: cache.size: '64' has no unit (0..1024GiB; units are B, KiB, MiB, GiB)",
                  "f:8:12: cache.min_ttl: '-1s' is negative (0s..1h)",
                  "f:9:15: log.level: 'warn' is none of the words allowed here (debug, info, warning, error)",
                  "f:10:9: limits: is a single value, not a map (with the keys inflight_queries, "
                  "tcp_connections, tcp_connections_per_client, tcp_idle_timeout, per_client_qps)"));
}

TEST(Loader, ReportsAMissingUpstreamBesideOtherErrors) {
  EXPECT_THAT(errors_of("upstream: { bach_size: 3 }"),
              ElementsAre(StartsWith("f:1:1: upstream.servers: is missing"),
                          "f:1:13: upstream.bach_size: unknown key (did you mean batch_size?)"));
  EXPECT_THAT(errors_of("upstream: [9.9.9.9]"),
              ElementsAre(StartsWith("f:1:11: upstream: is a list, not a map")));
}

TEST(Loader, AFileOfUpstreamsWillDo) {
  EXPECT_THAT(config_of("upstream: { resolv_conf: /run/resolv.conf }").upstream.servers, IsEmpty());
  EXPECT_THAT(errors_of("upstream: { resolv_conf: off }"),
              ElementsAre(testing::AllOf(StartsWith("f:1:1: upstream.servers: is missing (1..64 of IP"),
                                         testing::EndsWith("; or upstream.resolv_conf)"))));
  EXPECT_THAT(
      errors_of("upstream: { resolv_conf: run/resolv.conf }"),
      ElementsAre("f:1:26: upstream.resolv_conf: 'run/resolv.conf' is not an absolute path (off or an "
                  "absolute path; it begins with /)"));
  EXPECT_THAT(errors_of("upstream: { resolv_conf: /run/resolv.conf, servers: [] }"),
              ElementsAre(StartsWith("f:1:53: upstream.servers: is an empty list")));
}

TEST(Loader, ListsTheKeysWhereNoneIsNear) {
  EXPECT_THAT(
      errors_of(with_server("threads: 3")),
      ElementsAre("f:2:1: threads: unknown key (allowed here: listen, workers, upstream, cache, access, "
                  "answers, limits, log, status, control)"));
}

TEST(Loader, TakesAnEmptySectionForItsDefaults) {
  EXPECT_EQ(config_of(with_server("cache:\nlog: {}\nstatus:\n")), config_of(with_server("")));
}

TEST(Loader, ReportsAKeyWithoutAValue) {
  EXPECT_THAT(errors_of(with_server("cache:\n  size:\n")),
              ElementsAre("f:3:3: cache.size: has no value (0..1024GiB)"));
  EXPECT_THAT(errors_of(with_server("listen: ~\n")),
              ElementsAre(StartsWith("f:2:1: listen: has no value (IP")));
}

TEST(Loader, ReportsAnEmptyFile) {
  for (const char* text : {"", "# only this\n", "---\n"}) {
    EXPECT_THAT(errors_of(text),
                ElementsAre(StartsWith("f:1:1: upstream.servers: is missing, the file is empty")));
  }
}

TEST(Loader, ReportsWhatIsNoMap) {
  EXPECT_THAT(errors_of("just words"),
              ElementsAre(StartsWith("f:1:1: is a single value, not a map (with the keys")));
  EXPECT_THAT(errors_of("- a\n- b\n"),
              ElementsAre(StartsWith("f:1:1: is a list, not a map (with the keys listen")));
}

TEST(Loader, ReportsBrokenYamlWithItsPlace) {
  EXPECT_THAT(
      errors_of("upstream:\n  servers: [9.9.9.9\n"),
      ElementsAre(
          "f:3:1: end of sequence flow not found (one YAML document; addresses with brackets need quotes)"));
}

TEST(Loader, FollowsAliases) {
  const Config config =
      config_of("upstream: { servers: [&a 9.9.9.9], fallback_timeout: &t 1s, stagger_delay: *t }");
  EXPECT_EQ(config.plan.stagger_delay, seconds(1));
  EXPECT_THAT(errors_of("upstream: { servers: [&a 9.9.9.9, *a] }"),
              ElementsAre("f:1:35: upstream.servers: '9.9.9.9:53' is listed twice (each upstream once)"));
}

TEST(Loader, KeepsStrangeKeysOnOneLine) {
  EXPECT_THAT(errors_of(with_server("\"a\\nb\": 1")), ElementsAre(StartsWith("f:2:1: a\\x0ab: unknown key")));
}

TEST(Loader, RefusesHugeTexts) {
  const std::string comment = with_server("#");
  EXPECT_THAT(errors_of(comment + std::string(kMaxFileSize - comment.size(), 'x')), IsEmpty());
  EXPECT_THAT(errors_of(comment + std::string(kMaxFileSize + 1 - comment.size(), 'x')),
              ElementsAre("f:1:1: is too large (at most 1MiB)"));
}

/// A directory of its own that goes with the test.
class LoaderFile : public testing::Test {
 protected:
  LoaderFile() {
    std::string name = (std::filesystem::temp_directory_path() / "pacedns-loader-XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~LoaderFile() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& text) {
    const std::string path = directory_ + "/pacedns.yaml";
    std::ofstream(path) << text;
    return path;
  }

  std::string directory_;
};

std::string file_error(const std::string& path) {
  const LoadResult result = load_file(path);
  EXPECT_EQ(result.config, nullptr);
  return to_string(result.errors.at(0));
}

TEST_F(LoaderFile, IsLoadedAndNamedInErrors) {
  EXPECT_TRUE(load_file(write(with_server(""))));
  const std::string path = write(with_server("workers: 0"));
  EXPECT_EQ(file_error(path), path + ":2:10: workers: '0' is out of range (auto or 1..256)");
}

TEST_F(LoaderFile, ThatCannotBeReadIsReported) {
  const std::string missing = directory_ + "/missing.yaml";
  EXPECT_EQ(file_error(missing),
            missing + ":1:1: cannot be read: No such file or directory (a readable file)");
  EXPECT_EQ(file_error(directory_), directory_ + ":1:1: cannot be read: Is a directory (a readable file)");
  EXPECT_EQ(file_error(""), ":1:1: cannot be read: No such file or directory (a readable file)");
}

TEST_F(LoaderFile, ThatIsTooLargeIsReported) {
  const std::string path = write(std::string(kMaxFileSize + 1, '#'));
  EXPECT_EQ(file_error(path), path + ":1:1: is too large (at most 1MiB)");
  EXPECT_EQ(file_error("/dev/zero"), "/dev/zero:1:1: is too large (at most 1MiB)");
}

}  // namespace
}  // namespace pacedns::config
