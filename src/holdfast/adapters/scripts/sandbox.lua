-- Leaves a script only what it may have, and returns three functions: one that loads it, one that runs it and tells how
-- that ended ("done", "failed", "raised" or "spent"), one that gives the result. Running allocates nothing outside of
-- pcall, since an error there, when memory has run out, would end the process.
local limit, open_libs = ...

local error, loadstring, pcall, setfenv, sethook, type = error, loadstring, pcall, setfenv, debug.sethook, type
local spent = false

local function stop()
  spent = true
  error("too many instructions", 0)
end

-- What the limit has stopped stays stopped: a script must not catch it and go on.
local function settle(ok, ...)
  if spent then
    stop()
  end
  return ok, ...
end

local function guarded_pcall(f, ...)
  return settle(pcall(f, ...))
end

-- The handler of the real xpcall would run while no instruction is counted.
local function guarded_xpcall(f, handler)
  local function handled(ok, ...)
    if ok then
      return true, ...
    end
    return false, handler(...)
  end
  return handled(guarded_pcall(f))
end

string.dump = nil

local safe_os = { date = os.date, time = os.time }
if open_libs then
  safe_os.clock = os.clock
  safe_os.difftime = os.difftime
  safe_os.getenv = function() end
end

local environment = {
  _VERSION = _VERSION,
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, select = select, type = type,
  tonumber = tonumber, tostring = tostring, unpack = unpack,
  getmetatable = getmetatable, setmetatable = setmetatable,
  rawequal = rawequal, rawget = rawget, rawset = rawset,
  pcall = guarded_pcall, xpcall = guarded_xpcall,
  print = function() end,
  string = string, table = table, math = math, os = safe_os,
}
environment._G = environment

local modules = { string = string, table = table, math = math, os = safe_os }
environment.require = function(name)
  return modules[name] or error("module '" .. tostring(name) .. "' is not available", 2)
end

local chunk, problem, result

-- Compiles a script and gives it what it is asked about.
local function load(text, obj, parameters)
  chunk, problem = loadstring(text, "=script")
  environment.obj = obj
  environment.actionParams = parameters
end

local function run()
  if not chunk then
    result = problem
    return "failed"
  end
  setfenv(chunk, environment)
  sethook(stop, "", limit)
  local ok, value = pcall(chunk)
  sethook()
  if spent then
    return "spent"
  end
  result = value
  if ok then
    return "done"
  end
  if type(value) ~= "string" then
    result = type(value)
    return "raised"
  end
  return "failed"
end

-- What it returned, or why it failed.
local function outcome()
  return result
end

return load, run, outcome
