%% Cases about time and cores; between two, one process is bound to each of two schedulers.
-module(cores).
-export([tell/1, ask/1, timers/1]).

tell(Size) ->
    driver:timed(fun() ->
        Self = self(),
        Counter = on(1, fun() -> Self ! {sum, messages:counter(Size, 0)} end),
        on(2, fun() -> send(Counter, 0, Size) end),
        receive {sum, Sum} -> Sum end
    end).

send(_, Size, Size) -> ok;
send(Counter, I, Size) ->
    Counter ! {add, I},
    send(Counter, I + 1, Size).

ask(Size) ->
    Self = self(),
    {ok, Echo} = echo:start([{scheduler, 1}]),
    on(2, fun() -> Self ! {asked, driver:timed(fun() -> asked(Echo, 0, Size, 0, []) end)} end),
    Run = receive {asked, Asked} -> Asked end,
    gen_server:stop(Echo),
    #{answer := {Sum, Latencies}} = Run,
    Run#{answer := Sum, latencies => Latencies}.

asked(_, Size, Size, Sum, Latencies) -> {Sum, Latencies};
asked(Echo, I, Size, Sum, Latencies) ->
    From = driver:now_us(),
    N = gen_server:call(Echo, {echo, I}),
    asked(Echo, I + 1, Size, Sum + N, [driver:now_us() - From | Latencies]).

%% `scheduler` is not documented. Without it the BEAM may put both on one scheduler.
on(Scheduler, Run) -> spawn_opt(Run, [link, {scheduler, Scheduler}]).

%% How late each of so many ticks is while two processes play ping-pong.
timers(Size) ->
    A = spawn_link(fun() -> receive {meet, Other} -> Other ! hit, hits(Other) end end),
    B = spawn_link(fun() -> hits(A) end),
    A ! {meet, B},
    Run = driver:timed(fun() -> ticks(0, Size, erlang:monotonic_time(millisecond) + 5, []) end),
    [begin unlink(Pid), exit(Pid, kill) end || Pid <- [A, B]],
    #{answer := Latencies} = Run,
    Run#{answer := length(Latencies), latencies => Latencies}.

hits(Other) -> receive hit -> Other ! hit, hits(Other) end.

ticks(Size, Size, _, Latencies) -> Latencies;
ticks(I, Size, Due, Latencies) ->
    erlang:send_after(Due, self(), tick, [{abs, true}]),
    receive tick -> ok end,
    Late = max(0.0, driver:now_us() - Due * 1000.0),
    ticks(I + 1, Size, max(Due + 5, erlang:monotonic_time(millisecond)), [Late | Latencies]).
