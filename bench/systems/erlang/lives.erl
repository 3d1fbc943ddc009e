%% Cases that are about how processes begin and end, and what they take.
-module(lives).
-export([forkjoin/1, skynet/1, spawn/1, memory/1, restart/1]).

-define(CHILDREN, 10).
%% A supervisor looks through the restarts of the last second at each one: so it has few of them.
-define(RESTARTS, 200).

forkjoin(Size) ->
    driver:timed(fun() ->
        Self = self(),
        spawn_link(fun() -> fork(Self, 0, Size) end),
        sum(joined, Size, 0)
    end).

fork(_, Size, Size) -> ok;
fork(Parent, I, Size) ->
    Child = erlang:spawn(fun() -> receive {work, N} -> Parent ! {joined, N} end end),
    Child ! {work, I},
    fork(Parent, I + 1, Size).

sum(_, 0, Sum) -> Sum;
sum(Tag, Missing, Sum) -> receive {Tag, N} -> sum(Tag, Missing - 1, Sum + N) end.

skynet(Leaves) ->
    driver:timed(fun() ->
        Self = self(),
        erlang:spawn(fun() -> node(Self, 0, Leaves) end),
        sum(leaf, 1, 0)
    end).

node(Parent, Number, 1) -> Parent ! {leaf, Number};
node(Parent, Number, Leaves) ->
    Self = self(),
    Each = Leaves div ?CHILDREN,
    [erlang:spawn(fun() -> node(Self, Number + I * Each, Each) end) || I <- lists:seq(0, ?CHILDREN - 1)],
    Parent ! {leaf, sum(leaf, ?CHILDREN, 0)}.

spawn(Size) ->
    Self = self(),
    Run = driver:timed(fun() ->
        erlang:spawn(fun() -> Self ! {children, born(Self, 0, Size, [])} end),
        sum(greeted, Size, 0)
    end),
    receive {children, Children} -> ended(Children) end,
    Run.

born(_, Size, Size, Children) -> Children;
born(Parent, I, Size, Children) ->
    Child = erlang:spawn(fun() -> greeting(Parent, 0) end),
    Child ! {hello, I},
    born(Parent, I + 1, Size, [Child | Children]).

greeting(Parent, Greetings) ->
    receive {hello, N} -> Parent ! {greeted, N}, greeting(Parent, Greetings + 1) end.

ended(Children) ->
    [exit(Child, kill) || Child <- Children],
    [begin
        Ref = monitor(process, Child),
        receive {'DOWN', Ref, process, _, _} -> ok end
     end || Child <- Children].

memory(Size) ->
    garbage_collect(),
    Heap = erlang:memory(total),
    Rss = rss(),
    Run = driver:timed(fun() -> idle(0, Size) end),
    garbage_collect(),
    Run#{heapBytes => erlang:memory(total) - Heap, rssBytes => rss() - Rss}.

idle(Size, Size) -> Size;
idle(I, Size) ->
    erlang:spawn(fun() -> adding(I) end),
    idle(I + 1, Size).

adding(Count) -> receive {add, N} -> adding(Count + N) end.

rss() ->
    {ok, [Kib], _} = io_lib:fread("~d", os:cmd("ps -o rss= -p " ++ os:getpid())),
    Kib * 1024.

restart(Size) ->
    logger:set_primary_config(level, none),
    driver:timed(fun() -> restarted(Size, 0) end).

restarted(0, Restarts) -> Restarts;
restarted(Missing, Restarts) ->
    Count = min(Missing, ?RESTARTS),
    {ok, Supervisor} = crasher:start(self()),
    Pid = started(),
    failed(Pid, Count),
    unlink(Supervisor),
    exit(Supervisor, shutdown),
    restarted(Missing - Count, Restarts + Count).

started() -> receive {started, Pid} -> Pid end.

failed(_, 0) -> ok;
failed(Pid, Missing) ->
    gen_server:cast(Pid, fail),
    failed(started(), Missing - 1).
