using Krewe.Abstractions;
using Krewe.Rollouts;

namespace Krewe.Serving.Tests;

/// <summary>Somebody who does one thing after the other to a model's traffic, as chance has it, and lets time pass.</summary>
internal sealed class StormOperator(TrafficFixture traffic, RouteLog log, int versions)
{
    private readonly Random random = new(4);
    private readonly SortedDictionary<string, int> actions = new(StringComparer.Ordinal);

    /// <summary>How often another version came to serve.</summary>
    public int Switches { get; private set; }

    /// <summary>What was done how often.</summary>
    public string Actions => string.Join(", ", actions.Select(action => $"{action.Value} {action.Key}"));

    public async Task ActAsync()
    {
        var before = Prod();
        await (traffic.Ledger.Read(TrafficFixture.Model).ActiveRollout is null ? BeginAsync() : GoOnAsync());
        Switches += Prod() == before ? 0 : 1;
    }

    private Task BeginAsync()
    {
        var other = 1 + ((Prod() + random.Next(versions - 1)) % versions);
        return random.Next(4) switch
        {
            0 or 1 => DoAsync("alias moved", async () => await traffic.SetAliasAsync("prod", other)),
            2 => DoAsync("blue/green", async () => await traffic.StartRolloutAsync(Plans.BlueGreen(other))),
            _ => DoAsync("canaries", async () => await traffic.StartRolloutAsync(Plans.Canary(other, [.. Shares()]))),
        };
    }

    private Task GoOnAsync() => random.Next(12) switch
    {
        0 => CommandAsync("aborted", RolloutCommand.Abort),
        1 => CommandAsync("promoted", RolloutCommand.Promote),
        2 => CommandAsync("paused", RolloutCommand.Pause),
        3 or 4 => CommandAsync("resumed", RolloutCommand.Resume),
        _ => DoAsync("turns", () => traffic.PassAsync(TimeSpan.FromSeconds(random.Next(120)))),
    };

    /// <summary>What an operator asks for may contradict what is there; then he is told, and nothing happens.</summary>
    private Task CommandAsync(string name, RolloutCommand command) => DoAsync(name, async () =>
    {
        try
        {
            await traffic.CommandAsync(command);
        }
        catch (KreweException error) when (error.Code == KreweErrorCode.Conflict)
        {
            actions["refused"] = actions.GetValueOrDefault("refused") + 1;
        }
    });

    private async Task DoAsync(string name, Func<Task> act)
    {
        await log.ChangeAsync(act);
        actions[name] = actions.GetValueOrDefault(name) + 1;
    }

    private int Prod() => (int)traffic.Ledger.Read(TrafficFixture.Model).Aliases[ModelTraffic.Prod].Number;

    private IEnumerable<int> Shares() => Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(1, 101)).Order();
}
