#include "pacedns/forward/upstream_set.hpp"

#include <gmock/gmock.h>

#include "unit/forward/forwarding.hpp"

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

health::UpstreamHealth& health_of(const Settings& settings, std::size_t index) {
  return *settings.upstreams[index].health;
}

TEST(UpstreamSet, UnmeasuredUpstreamsComeInConfiguredOrder) {
  test::FakeNetwork network;
  const auto settings = test::settings_with(3);
  UpstreamSet set(network, *settings, 0, nullptr);
  const Choice choice = set.choose(kStart);
  EXPECT_THAT(choice.upstreams, ElementsAre(0, 1, 2));
  for (const auto& candidate : choice.candidates) {
    EXPECT_EQ(candidate.retransmission_time, health::kInitialRetransmissionTime);
    EXPECT_FALSE(candidate.probe);
    EXPECT_FALSE(candidate.stream);
  }
}

TEST(UpstreamSet, ItsNamesOutliveIt) {
  test::FakeNetwork network;
  UpstreamSet::Names names;
  {
    const UpstreamSet set(network, *test::settings_with(3), 0, nullptr);
    names = set.names();
  }
  EXPECT_THAT(*names, ElementsAre("u1", "u2", "u3"));
  EXPECT_EQ(network.transports, 0);
}

TEST(UpstreamSet, FasterUpstreamsComeFirst) {
  test::FakeNetwork network;
  const auto settings = test::settings_with(3);
  health_of(*settings, 0).on_success(90ms);
  health_of(*settings, 2).on_success(30ms);
  UpstreamSet set(network, *settings, 0, nullptr);
  EXPECT_THAT(set.choose(kStart).upstreams, ElementsAre(2, 0, 1));
}

TEST(UpstreamSet, ADownUpstreamIsLeftOutButForOneProbeAtATime) {
  test::FakeNetwork network;
  const auto settings = test::settings_with(3);
  test::take_down(health_of(*settings, 0));
  UpstreamSet set(network, *settings, 0, nullptr);
  EXPECT_THAT(set.choose(kStart).upstreams, ElementsAre(1, 2)) << "too early";

  const Choice choice = set.choose(kStart + 2s);
  EXPECT_THAT(choice.upstreams, ElementsAre(1, 2, 0));
  EXPECT_FALSE(choice.candidates[1].probe);
  EXPECT_TRUE(choice.candidates[2].probe);
  EXPECT_THAT(set.choose(kStart + 2s).upstreams, ElementsAre(1, 2)) << "it is being probed";
}

TEST(UpstreamSet, AFlightCarriesOneProbe) {
  test::FakeNetwork network;
  const auto settings = test::settings_with(4);
  for (const std::size_t index : {0U, 1U, 2U})
    test::take_down(health_of(*settings, index));
  UpstreamSet set(network, *settings, 0, nullptr);
  EXPECT_EQ(set.choose(kStart + 2s).upstreams.size(), 2U);
  EXPECT_EQ(set.choose(kStart + 2s).upstreams.size(), 2U) << "another upstream's turn";
}

TEST(UpstreamSet, IfAllAreDownAllAreAskedAndNoneIsAProbe) {
  test::FakeNetwork network;
  const auto settings = test::settings_with(3);
  for (std::size_t i = 0; i < 3; ++i)
    test::take_down(health_of(*settings, i));
  UpstreamSet set(network, *settings, 0, nullptr);
  const Choice choice = set.choose(kStart + 1h);
  EXPECT_THAT(choice.upstreams, UnorderedElementsAre(0, 1, 2));
  for (const auto& candidate : choice.candidates)
    EXPECT_FALSE(candidate.probe);
  EXPECT_TRUE(health_of(*settings, 0).try_begin_probe(kStart + 1h)) << "no probe was begun";
}

TEST(UpstreamSet, IfThereAreNoneNobodyIsAsked) {
  test::FakeNetwork network;
  UpstreamSet none(network, *test::settings_with(0), 0, nullptr);
  EXPECT_TRUE(none.choose(kStart).upstreams.empty());
  EXPECT_TRUE(none.choose(kStart).candidates.empty());

  UpstreamSet after(network, *test::settings_with(1), 0, &none);
  EXPECT_THAT(after.choose(kStart).upstreams, ElementsAre(0));
}

TEST(UpstreamSet, AnUpstreamOverTcpHasNoUdpTransport) {
  test::FakeNetwork network;
  auto settings = std::make_shared<Settings>();
  settings->upstreams = {test::upstream_setting(1, upstream::Protocol::Tcp), test::upstream_setting(2)};
  UpstreamSet set(network, *settings, 0, nullptr);
  EXPECT_EQ(set[0].udp, nullptr);
  EXPECT_NE(set[0].tcp, nullptr);
  EXPECT_NE(set[1].udp, nullptr);
  EXPECT_EQ(network.transports, 3);
  const Choice choice = set.choose(kStart);
  EXPECT_TRUE(choice.candidates[0].stream);
  EXPECT_FALSE(choice.candidates[1].stream);
}

TEST(UpstreamSet, AReloadKeepsTheTransportsOfUnchangedUpstreams) {
  test::FakeNetwork network;
  const auto before_settings = test::settings_with(3);
  auto before = std::make_unique<UpstreamSet>(network, *before_settings, 0, nullptr);
  const auto* const kept = (*before)[2].udp.get();

  auto after_settings = std::make_shared<Settings>();
  after_settings->upstreams = {before_settings->upstreams[2], test::upstream_setting(9)};
  UpstreamSet after(network, *after_settings, 0, before.get());
  EXPECT_EQ(after[0].udp.get(), kept);
  EXPECT_EQ(network.transports, 8);
  before.reset();
  EXPECT_EQ(network.transports, 4) << "those that nobody uses any more are gone";
}

TEST(UpstreamSet, AnotherProtocolIsAnotherUpstream) {
  test::FakeNetwork network;
  auto udp = std::make_shared<Settings>();
  udp->upstreams = {test::upstream_setting(1)};
  UpstreamSet before(network, *udp, 0, nullptr);
  auto tcp = std::make_shared<Settings>();
  tcp->upstreams = {test::upstream_setting(1, upstream::Protocol::Tcp)};
  UpstreamSet after(network, *tcp, 0, &before);
  EXPECT_EQ(after[0].udp, nullptr);
  EXPECT_NE(after[0].tcp.get(), before[0].tcp.get());
}

}  // namespace
}  // namespace pacedns::forward
