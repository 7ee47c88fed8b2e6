"""The Centrifuge protocol frame by frame, as its clients speak it, against a real server."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from tests.infra.live.channels import ChannelHouse, a_channel_house
from tests.infra.live.conftest import ANA

from infra.clock import wall_now
from infra.live.centrifuge.terms import Terms

SNAPSHOT = {"type": "snapshot", "recovered": False, "rate": 1.0, "body": {"notes": "all of them"}}


@pytest.fixture
async def channels(database_url: str, redis_url: str) -> AsyncIterator[ChannelHouse]:
    async with a_channel_house(database_url, redis_url) as channels:
        yield channels


async def test_whoever_connects_is_told_when_pings_come_and_a_new_token_is_due(channels):
    async with channels.raw() as raw:
        connected = await raw.connect("ana")

    assert connected.pop("client").startswith("cli_")
    assert 3590 <= connected.pop("ttl") <= 3600
    assert connected == {"version": "recado", "expires": True, "ping": 25, "pong": True}


async def test_a_token_may_come_with_the_handshake(channels):
    async with channels.raw(additional_headers={"Authorization": "Bearer ana"}) as raw:
        assert (await raw.ask(connect={}))["connect"]["ping"] == 25


@pytest.mark.parametrize("token", ["", "forged"])
async def test_a_token_that_is_none_ends_the_connection_for_good(channels, token):
    async with channels.raw() as raw:
        await raw.send({"id": 1, "connect": {"token": token}})

        assert await raw.closed() == (3500, "invalid token")


async def test_whoever_comes_with_a_token_whose_time_is_over_is_told_to_get_another_and_may(channels):
    async with channels.raw() as raw:
        assert await raw.ask(connect={"token": "over"}) == {"error": {"code": 109, "message": "token expired"}}
        assert (await raw.connect("ana"))["ping"] == 25


async def test_a_first_subscribe_gets_a_snapshot_and_then_every_event_in_order(channels):
    await channels.house.tell("one", "two")
    async with channels.raw("ana") as raw:
        subscribed = await raw.subscribe()
        await channels.house.tell("three", "four")

        assert await raw.publications(2) == [(3, "three"), (4, "four")]
    data = subscribed.pop("data")
    assert {name: data[name] for name in SNAPSHOT} == SNAPSHOT
    assert (data["seq"], data["epoch"]) == (2, subscribed["epoch"])
    assert (subscribed.pop("offset"), len(subscribed.pop("epoch"))) == (2, len(data["epoch"]))
    assert subscribed == {"recoverable": True, "positioned": True}


async def test_an_empty_feed_has_an_offset_too(channels):
    async with channels.raw("ana") as raw:
        assert (await raw.subscribe())["offset"] == 0


async def test_whoever_recovers_gets_all_that_was_missed_and_no_snapshot(channels):
    async with channels.raw("ana") as raw:
        epoch = (await raw.subscribe())["epoch"]
    await channels.house.tell(*(f"missed {n}" for n in range(600)))

    async with channels.raw("ana") as raw:
        subscribed = await raw.subscribe(recover=True, epoch=epoch, offset=100)

    missed = [(one["offset"], one["data"]["text"]) for one in subscribed.pop("publications")]
    assert missed == [(n + 1, f"missed {n}") for n in range(100, 600)]
    assert subscribed == {
        "recoverable": True,
        "positioned": True,
        "recovered": True,
        "was_recovering": True,
        "epoch": epoch,
        "offset": 600,
    }


async def test_what_happens_while_somebody_recovers_comes_once(channels):
    await channels.house.tell(*(str(n) for n in range(1, 301)))
    epoch = (await channels.house.source.open(ANA)).epoch

    async with channels.raw("ana") as raw:
        await raw.send({"id": 2, "subscribe": {"channel": ANA, "recover": True, "epoch": epoch}})
        await channels.house.tell(*(str(n) for n in range(301, 351)))
        recovered = [one["offset"] for one in (await raw.next())["subscribe"]["publications"]]
        live = [offset for offset, _ in await raw.publications(350 - len(recovered))]

    assert recovered + live == list(range(1, 351))


@pytest.mark.parametrize(
    "position",
    [{"epoch": "another", "offset": 1}, {"epoch": "", "offset": 1}, {"offset": 2}, {"offset": 2**53 - 1}],
    ids=["another epoch", "no epoch", "ahead", "far ahead"],
)
async def test_a_position_that_is_none_is_never_recovered_in_part(channels, position):
    await channels.house.tell("one")
    epoch = (await channels.house.source.open(ANA)).epoch

    async with channels.raw("ana") as raw:
        subscribed = await raw.subscribe(recover=True, **{"epoch": epoch, **position})

    assert (subscribed["was_recovering"], subscribed["offset"], subscribed["epoch"]) == (True, 1, epoch)
    assert ("recovered" in subscribed, "publications" in subscribed) == (False, False)
    assert subscribed["data"]["type"] == "snapshot"


async def test_further_behind_than_can_be_told_is_a_start_over(channels):
    await channels.house.tell(*(str(n) for n in range(1001)))
    epoch = (await channels.house.source.open(ANA)).epoch

    async with channels.raw("ana") as raw:
        subscribed = await raw.subscribe(recover=True, epoch=epoch)

    assert ("recovered" in subscribed, subscribed["data"]["seq"]) == (False, 1001)


async def test_a_client_that_brings_its_own_snapshots_is_told_that_its_position_is_none(channels):
    async with channels.raw("ana") as raw:
        refused = await raw.ask(subscribe={"channel": ANA, "recover": True, "epoch": "another", "flag": 3})
        again = await raw.subscribe()

    assert refused == {"error": {"code": 112, "message": "unrecoverable position"}}
    assert again["offset"] == 0


async def test_an_event_that_may_not_be_seen_keeps_its_offset(channels):
    async with channels.raw("ana") as raw:
        await raw.subscribe()
        await channels.house.tell("secret", "open")

        assert await raw.next() == {"push": {"channel": ANA, "pub": {"data": {"type": "hidden"}, "offset": 1}}}
        assert await raw.publications(1) == [(2, "open")]


async def test_positions_come_on_the_same_channel_without_an_offset(channels):
    async with channels.raw("ana") as raw:
        await raw.subscribe()
        await channels.house.tell("on the way", rider_id="rdr_beto")
        await raw.publications(1)
        await _heard(channels, "position:rdr_beto")
        await _tell_position(channels, 1000, lat=-23.5)

        assert await raw.next() == {
            "push": {
                "channel": ANA,
                "pub": {"data": {"type": "position", "position": {"of": "rdr_beto", "lat": -23.5}}},
            }
        }


async def test_heartbeats_are_no_publications(database_url, redis_url):
    async with a_channel_house(database_url, redis_url, heartbeat_s=0.05) as channels, channels.raw("ana") as raw:
        await raw.subscribe()
        with pytest.raises(TimeoutError):
            await raw.next(within_s=0.4, pings=True)


async def test_one_connection_follows_many_channels_and_leaves_one(channels):
    async with channels.raw("ana") as raw:
        await raw.subscribe("sto_ana")
        await raw.subscribe("sto_beto")
        left = await raw.ask(unsubscribe={"channel": "sto_ana"})
        await channels.house.tell("for nobody", feed_id="sto_ana")
        await channels.house.tell("for Beto's", feed_id="sto_beto")

        push = (await raw.next())["push"]
        assert (left, push["channel"], push["pub"]["offset"]) == ({"unsubscribe": {}}, "sto_beto", 1)
        assert channels.house.hub.head("sto_ana") is None
        assert await raw.ask(unsubscribe={"channel": "sto_ana"}) == {"unsubscribe": {}}  # safe to repeat
        assert (await raw.subscribe("sto_ana"))["offset"] == 1


async def test_everybody_on_one_channel_is_written_the_same_bytes(channels):
    async with channels.raw("ana") as ana, channels.raw("beto") as beto, channels.raw("ana") as other:
        for raw, channel in ((ana, "sto_ana"), (beto, "sto_ana"), (other, "sto_beto")):
            await raw.subscribe(channel)
        (audience,) = channels.house.hub._feeds["sto_ana"].audiences.values()

        assert [len(lane) for lane in audience._lanes.values()] == [2]


async def test_several_commands_in_one_message_are_answered_in_order(channels):
    async with channels.raw() as raw:
        await raw.send(
            {"id": 1, "connect": {"token": "ana"}},
            {"id": 2, "subscribe": {"channel": "sto_ana"}},
            {"id": 3, "ping": {}},
            {"id": 4, "unsubscribe": {"channel": "sto_ana"}},
            {"id": 5, "subscribe": {"channel": "sto_beto"}},
        )
        replies = [await raw.next() for _ in range(5)]

    assert [(reply["id"], *(reply.keys() - {"id"})) for reply in replies] == [
        (1, "connect"),
        (2, "subscribe"),
        (3, "ping"),
        (4, "unsubscribe"),
        (5, "subscribe"),
    ]


async def test_what_needs_no_look_up_is_answered_in_one_message(channels):
    async with channels.raw("ana") as raw:
        await raw.send(*({"id": n, "ping": {}} for n in range(2, 6)))

        assert await raw.client.recv() == "\n".join(f'{{"id":{n},"ping":{{}}}}' for n in range(2, 6))


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"subscribe": {"channel": "chat"}}, (102, "unknown channel")),
        ({"subscribe": {"channel": "sto_" + "x" * 300}}, (102, "unknown channel")),
        ({"subscribe": {"channel": "other_1"}}, (103, "permission denied")),
        ({"dance": {}}, (104, "method not found")),
        ({"publish": {"channel": ANA, "data": 1}}, (108, "not available")),
        ({"history": {"channel": ANA}}, (108, "not available")),
        ({"presence": {"channel": ANA}}, (108, "not available")),
        ({"presence_stats": {"channel": ANA}}, (108, "not available")),
        ({"rpc": {"method": "x"}}, (108, "not available")),
        ({"send": {"data": 1}}, (108, "not available")),
        ({"sub_refresh": {"channel": ANA}}, (108, "not available")),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_what_is_not_done_is_said_and_the_connection_goes_on(channels, asked, error):
    async with channels.raw("ana") as raw:
        reply = await raw.ask(**asked)

        assert reply == {"error": {"code": error[0], "message": error[1]}}
        assert (await raw.subscribe())["offset"] == 0


@pytest.mark.parametrize("channel", ["away_1", "bug_1"])
async def test_what_broke_on_our_side_may_be_tried_again(channels, channel):
    async with channels.raw("ana") as raw:
        reply = await raw.ask(subscribe={"channel": channel})

        assert reply == {"error": {"code": 100, "message": "internal server error", "temporary": True}}
        assert (await raw.subscribe())["offset"] == 0


async def test_a_message_sent_to_nobody_is_answered_by_nothing(channels):
    async with channels.raw("ana") as raw:
        await raw.send({"send": {"data": 1}})

        assert await raw.ask(ping={}) == {"ping": {}}


async def test_a_channel_is_subscribed_to_once(channels):
    async with channels.raw("ana") as raw:
        await raw.subscribe()

        assert (await raw.ask(subscribe={"channel": ANA}))["error"]["code"] == 105


async def test_a_connection_has_so_many_channels_and_no_more(channels):
    async with channels.raw("ana") as raw:
        for n in range(128):
            await raw.subscribe(f"sto_{n}")

        refused = await raw.ask(subscribe={"channel": "sto_128"})
        await raw.ask(unsubscribe={"channel": "sto_7"})

        assert refused == {"error": {"code": 106, "message": "limit exceeded"}}
        assert (await raw.subscribe("sto_128"))["offset"] == 0


@pytest.mark.parametrize(
    "sent",
    [
        '{"id":1',
        '{"id":-1}',
        '{"connect":{}}',
        '{"id":1,"subscribe":{"channel":"sto_ana"}}',
        '{"id":1,"connect":7}',
        "7",
    ],
    ids=["no JSON", "no id", "without an id", "before connect", "no object", "no command"],
)
async def test_whoever_does_not_speak_the_protocol_is_disconnected_for_good(channels, sent):
    async with channels.raw() as raw:
        await raw.client.send(sent)

        assert await raw.closed() == (3501, "bad request")


async def test_whoever_connects_twice_is_disconnected_for_good(channels):
    async with channels.raw("ana") as raw:
        await raw.send({"id": 2, "connect": {"token": "ana"}})

        assert await raw.closed() == (3501, "bad request")


async def test_whoever_does_not_say_who_they_are_is_disconnected(database_url, redis_url):
    async with a_channel_house(database_url, redis_url, terms=Terms(connect_within_s=0.1)) as channels:
        async with channels.raw() as raw:
            assert await raw.closed() == (3502, "stale")
        async with channels.raw("ana") as raw:
            await asyncio.sleep(0.2)
            assert await raw.ask(ping={}) == {"ping": {}}


async def test_whoever_answers_pings_stays_and_whoever_does_not_is_disconnected(database_url, redis_url):
    terms = Terms(ping_s=1, pong_within_s=0.2)
    async with a_channel_house(database_url, redis_url, terms=terms) as channels, channels.raw("ana") as raw:
        for _ in range(2):
            assert await raw.next(pings=True) == {}
            await raw.send({})

        assert await raw.next(pings=True) == {}
        assert await raw.closed() == (3012, "no pong")


async def test_a_new_token_lets_a_connection_last_and_without_one_it_ends(database_url, redis_url):
    async with a_channel_house(database_url, redis_url, terms=Terms(refresh_within_s=0.3)) as channels:
        channels.access.ends_at = wall_now() + timedelta(seconds=0.5)
        async with channels.raw("ana") as raw:
            await raw.subscribe()
            channels.access.ends_at = wall_now() + timedelta(seconds=1.5)
            refreshed = (await raw.ask(refresh={"token": "ana"}))["refresh"]
            await asyncio.sleep(1.0)
            await channels.house.tell("one")
            assert await raw.publications(1) == [(1, "one")]

            assert await raw.closed() == (3005, "connection expired")
    assert (refreshed["expires"], refreshed["ttl"]) == (True, 1)


@pytest.mark.parametrize(
    ("token", "closed"),
    [("beto", (3500, "invalid token")), ("forged", (3500, "invalid token")), ("over", (3005, "connection expired"))],
)
async def test_only_a_good_token_of_the_same_caller_refreshes(channels, token, closed):
    async with channels.raw("ana") as raw:
        await raw.send({"id": 2, "refresh": {"token": token}})

        assert await raw.closed() == closed


async def test_a_token_with_other_rights_opens_every_channel_anew(channels):
    async with channels.raw("ana") as raw:
        await raw.subscribe()
        await raw.send({"id": 9, "refresh": {"token": "ana/fewer"}})
        told = [await raw.next(), await raw.next()]

        assert told[0] == {"push": {"channel": ANA, "unsubscribe": {"code": 2500, "reason": "other rights"}}}
        assert told[1]["refresh"]["expires"] is True
        assert (await raw.subscribe())["offset"] == 0


async def test_a_revoked_device_is_disconnected_for_good(channels):
    async with channels.raw("ana") as raw:
        await raw.subscribe()
        (revoke,) = channels.access.revoke
        revoke("It was revoked.")

        assert await raw.closed() == (3500, "invalid token")
    await asyncio.sleep(0.2)
    assert channels.house.hub.head(ANA) is None


async def _heard(channels, channel):
    async with asyncio.timeout(3):
        while not await channels.house.redis.pubsub_channels(channel):  # noqa: ASYNC110  it is Redis that knows
            await asyncio.sleep(0.01)


async def _tell_position(channels, at_ms, **place):
    await channels.house.redis.publish("position:rdr_beto", msgspec.json.encode((at_ms, place)))
