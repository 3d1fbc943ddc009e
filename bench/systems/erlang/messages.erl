%% Cases that are about messages between two or more processes of one scheduler.
-module(messages).
-export([count/1, count_object/1, count_1k/1, pingpong/1, ask/1, threadring/1, big/1, counter/2]).

-define(RING, 100).
-define(BIG, 120).

count(Size) ->
    counted(Size, fun(Counter) -> send_numbers(Counter, 0, Size) end).

count_object(Size) ->
    counted(Size, fun(Counter) -> send_readings(Counter, 0, Size) end).

%% A binary of more than 64 bytes is shared and counted: only a reference is copied.
count_1k(Size) ->
    Bytes = binary:copy(<<7>>, 1024),
    counted(Size, fun(Counter) -> send_bytes(Counter, Bytes, Size) end).

counted(Size, Send) ->
    driver:timed(fun() ->
        Self = self(),
        Counter = spawn_link(fun() -> Self ! {sum, counter(Size, 0)} end),
        spawn_link(fun() -> Send(Counter) end),
        receive {sum, Sum} -> Sum end
    end).

counter(0, Sum) -> Sum;
counter(Missing, Sum) ->
    receive
        {add, N} -> counter(Missing - 1, Sum + N);
        {add_reading, #{value := N}} -> counter(Missing - 1, Sum + N);
        {add_bytes, Bytes} -> counter(Missing - 1, Sum + byte_size(Bytes))
    end.

send_numbers(_, Size, Size) -> ok;
send_numbers(Counter, I, Size) ->
    Counter ! {add, I},
    send_numbers(Counter, I + 1, Size).

send_readings(_, Size, Size) -> ok;
send_readings(Counter, I, Size) ->
    Counter ! {add_reading, #{id => I, name => <<"temperature">>, value => I}},
    send_readings(Counter, I + 1, Size).

send_bytes(_, _, 0) -> ok;
send_bytes(Counter, Bytes, Missing) ->
    Counter ! {add_bytes, Bytes},
    send_bytes(Counter, Bytes, Missing - 1).

pingpong(Balls) ->
    driver:timed(fun() ->
        Self = self(),
        Pong = spawn_link(fun pong/0),
        spawn_link(fun() -> Self ! {back, ping(Pong, Balls, 0)} end),
        receive {back, Back} -> Back end
    end).

ping(Pong, 0, Back) -> Pong ! stop, Back;
ping(Pong, Missing, Back) ->
    Pong ! {ping, self()},
    receive pong -> ping(Pong, Missing - 1, Back + 1) end.

pong() ->
    receive
        {ping, From} -> From ! pong, pong();
        stop -> ok
    end.

ask(Size) ->
    {ok, Echo} = echo:start([]),
    Run = driver:timed(fun() -> asked(Echo, 0, Size, 0) end),
    gen_server:stop(Echo),
    Run.

asked(_, Size, Size, Sum) -> Sum;
asked(Echo, I, Size, Sum) -> asked(Echo, I + 1, Size, Sum + gen_server:call(Echo, {echo, I})).

threadring(Hops) ->
    Self = self(),
    Members = [spawn_link(fun() -> member(Self, At) end) || At <- lists:seq(0, ?RING - 1)],
    [First | Rest] = Members,
    lists:zipwith(fun(Member, Next) -> Member ! {follow, Next} end, Members, Rest ++ [First]),
    Run = driver:timed(fun() ->
        First ! {token, Hops},
        receive {arrived, At} -> At end
    end),
    [Member ! stop || Member <- Members],
    Run.

member(Head, At) -> receive {follow, Next} -> member(Head, At, Next) end.

member(Head, At, Next) ->
    receive
        {token, 0} -> Head ! {arrived, At}, member(Head, At, Next);
        {token, Hops} -> Next ! {token, Hops - 1}, member(Head, At, Next);
        stop -> ok
    end.

big(Pings) ->
    Self = self(),
    Members = [spawn_link(fun() -> big_member(Self, At) end) || At <- lists:seq(0, ?BIG - 1)],
    All = list_to_tuple(Members),
    [Member ! {meet, All} || Member <- Members],
    driver:timed(fun() ->
        [Member ! {begin_with, Pings} || Member <- Members],
        [receive done -> ok end || _ <- Members],
        [Member ! report || Member <- Members],
        lists:sum([receive {pinged, Times} -> Times end || _ <- Members])
    end).

big_member(Sink, At) ->
    receive {meet, All} ->
        receive {begin_with, Pings} -> big_member(Sink, All, Pings, 0, random_ping(All, At + 1)) end
    end.

big_member(Sink, All, Left, Pinged, Random) ->
    receive
        {ping, From} ->
            From ! pong,
            big_member(Sink, All, Left, Pinged + 1, Random);
        pong when Left > 1 ->
            big_member(Sink, All, Left - 1, Pinged, random_ping(All, Random));
        pong ->
            Sink ! done,
            big_member(Sink, All, 0, Pinged, Random);
        report ->
            Sink ! {pinged, Pinged}
    end.

%% The generator of bench/actor_workload.ts.
random_ping(All, Random) ->
    Next = Random * 16807 rem 2147483647,
    element(Next rem ?BIG + 1, All) ! {ping, self()},
    Next.
