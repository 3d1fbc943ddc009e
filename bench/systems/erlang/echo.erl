%% A gen_server that replies with what it is asked with.
-module(echo).
-behaviour(gen_server).
-export([start/1, init/1, handle_call/3, handle_cast/2]).

start(SpawnOptions) -> gen_server:start_link(?MODULE, [], [{spawn_opt, SpawnOptions}]).

init([]) -> {ok, none}.

handle_call({echo, N}, _From, State) -> {reply, N, State}.

handle_cast(_, State) -> {noreply, State}.
