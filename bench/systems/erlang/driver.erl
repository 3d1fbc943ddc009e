%% The driver of the system `erlang` in the group `actors`: runs one case, as often as it is told.
%% Orders come as lines of JSON, and so go its answers; see bench/actor_workload.ts.
-module(driver).
-export([main/1, timed/1, now_us/0]).

%% Started by -run: what runs there must return before the system counts as started.
main([Name]) ->
    spawn(fun() ->
        {_, Ref} = spawn_monitor(fun() -> start(Name) end),
        receive {'DOWN', Ref, process, _, Reason} ->
            case Reason of
                normal -> halt(0);
                _ -> io:format(standard_error, "~p~n", [Reason]), halt(1)
            end
        end
    end).

start(Name) ->
    Work = work(Name),
    io:put_chars("{}\n"),
    loop(Work).

loop(Work) ->
    case io:get_line("") of
        eof -> ok;
        Line ->
            {ok, [Size], _} = io_lib:fread("{\"size\":~d}", Line),
            say(Work(Size)),
            loop(Work)
    end.

work("count") -> fun messages:count/1;
work("count-object") -> fun messages:count_object/1;
work("count-1k") -> fun messages:count_1k/1;
work("pingpong") -> fun messages:pingpong/1;
work("ask") -> fun messages:ask/1;
work("threadring") -> fun messages:threadring/1;
work("big") -> fun messages:big/1;
work("forkjoin") -> fun lives:forkjoin/1;
work("skynet") -> fun lives:skynet/1;
work("spawn") -> fun lives:spawn/1;
work("memory") -> fun lives:memory/1;
work("restart") -> fun lives:restart/1;
work("timers") -> fun cores:timers/1;
work("xshard-tell") -> fun cores:tell/1;
work("xshard-ask") -> fun cores:ask/1.

say(Run) ->
    Members = [["\"", atom_to_list(Key), "\":", number(Value)] || {Key, Value} <- maps:to_list(Run)],
    io:put_chars(["{", lists:join(",", Members), "}\n"]).

number(Values) when is_list(Values) -> ["[", lists:join(",", lists:map(fun number/1, Values)), "]"];
number(Value) when is_integer(Value) -> integer_to_list(Value);
number(Value) -> float_to_list(Value, [{decimals, 3}]).

%% Takes the time of work that comes to a number.
timed(Work) ->
    From = erlang:monotonic_time(nanosecond),
    Answer = Work(),
    #{ms => (erlang:monotonic_time(nanosecond) - From) / 1.0e6, answer => Answer}.

now_us() -> erlang:monotonic_time(nanosecond) / 1.0e3.
