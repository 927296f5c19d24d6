using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Grains.Tests.Rollouts;
using Krewe.Rollouts.Control;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Tests.Storm;

/// <summary>Somebody who does one thing after the other to a model's traffic, as chance has it, and lets time pass.</summary>
internal sealed class StormOperator(IRolloutControl control, RouteLog log, int versions, Random random)
{
    // How long calls take on this machine is none of this test's business.
    private static readonly RolloutGuards Silent = new() { MaxP50Ratio = null, MaxP99Ratio = null, MaxErrorRateIncrease = null, MaxDisagreement = null };
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private readonly SortedDictionary<string, int> actions = new(StringComparer.Ordinal);

    /// <summary>What was done how often.</summary>
    public string Actions => string.Join(", ", actions.Select(action => $"{action.Value} {action.Key}"));

    private static ChangeAuthor Somebody => new("somebody", "a test", TimeProvider.System.GetUtcNow());

    public async Task ActAsync()
    {
        var rollout = (await control.GetRolloutAsync(ServedModel.Name, default))?.Rollout;
        await (rollout?.Phase.IsUnderWay() == true ? GoOnAsync() : BeginAsync());
        await log.SeeAsync();
    }

    public async Task SetProdAsync(long version) =>
        await control.SetAliasAsync(ServedModel.Name, ModelTraffic.Prod, new ModelVersion(version), Somebody, default);

    private async Task BeginAsync()
    {
        var prod = (await control.GetAliasesAsync(ServedModel.Name, default)).Single(static alias => alias.Alias == ModelTraffic.Prod).Version!.Value.Number;
        var other = new ModelVersion(1 + ((prod + random.Next(versions - 1)) % versions));
        await (random.Next(4) switch
        {
            0 or 1 => DoAsync("alias moved", () => SetProdAsync(other.Number)),
            2 => DoAsync("blue/green", () => StartAsync(new RolloutPlan { Strategy = RolloutStrategy.BlueGreen, Version = other, Steps = [], Guards = Silent, KeepWarm = TimeSpan.Zero })),
            _ => DoAsync("canaries", () => StartAsync(new RolloutPlan { Strategy = RolloutStrategy.Canary, Version = other, Steps = [.. Steps()], Guards = Silent, KeepWarm = TimeSpan.Zero })),
        });
    }

    private async Task StartAsync(RolloutPlan plan) => await control.StartRolloutAsync(ServedModel.Name, plan, Somebody, default);

    private Task GoOnAsync() => random.Next(16) switch
    {
        0 => CommandAsync("aborted", RolloutCommand.Abort),
        1 => CommandAsync("promoted", RolloutCommand.Promote),
        2 => CommandAsync("paused", RolloutCommand.Pause),
        3 or 4 or 5 => CommandAsync("resumed", RolloutCommand.Resume),
        _ => DoAsync("pauses", static () => Task.Delay(Pause, TestContext.Current.CancellationToken)),
    };

    private Task CommandAsync(string name, RolloutCommand command) =>
        DoAsync(name, async () => await control.CommandAsync(ServedModel.Name, command, Somebody, default));

    /// <summary>What an operator asks for may contradict what is there; then he is told, and nothing happens.</summary>
    private async Task DoAsync(string name, Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (KreweException error) when (error.Code == KreweErrorCode.Conflict)
        {
            name = "refused";
        }

        actions[name] = actions.GetValueOrDefault(name) + 1;
    }

    private IEnumerable<RolloutStep> Steps() => Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(1, 101)).Order()
        .Select(static percent => new RolloutStep { Canary = new Share(percent * (Share.Whole / 100)), MinRequests = 10, Dwell = TimeSpan.Zero });
}
