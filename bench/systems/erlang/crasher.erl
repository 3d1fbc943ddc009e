%% A supervisor with one child, a gen_server that fails on every message.
-module(crasher).
-behaviour(supervisor).
-export([start/1, start_child/1, init/1, handle_call/3, handle_cast/2]).

start(Watcher) -> supervisor:start_link(?MODULE, {supervisor, Watcher}).

start_child(Watcher) -> gen_server:start_link(?MODULE, {child, Watcher}, []).

init({supervisor, Watcher}) ->
    Child = #{id => child, start => {?MODULE, start_child, [Watcher]}, restart => permanent},
    {ok, {#{strategy => one_for_one, intensity => 1000000, period => 1}, [Child]}};
init({child, Watcher}) ->
    Watcher ! {started, self()},
    {ok, none}.

handle_call(_, _From, State) -> {noreply, State}.

handle_cast(fail, _State) -> error(as_it_is_told_to).
