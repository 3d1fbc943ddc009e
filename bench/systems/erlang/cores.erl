%% Cases between two cores: one process is bound to each of two schedulers.
-module(cores).
-export([tell/1, ask/1]).

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
