using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Client.Tests.Rollouts;

public sealed class ClusterRolloutControlTests : IDisposable
{
    private static readonly ModelName Name = ModelName.Parse("m");
    private static readonly ChangeAuthor Anna = new("anna", "newer data", DateTimeOffset.UnixEpoch);
    private readonly FakeCluster cluster = new(versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("m", 2)]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ClusterRolloutControlTests() => cluster.Snapshots.OnRefresh = () => cluster.ModelOf("m").Route.Traffic is { } route
        ? FakeSnapshots.With(cluster.Snapshots.Current, "m", route)
        : null;

    public void Dispose() => cluster.Dispose();

    [Fact]
    public async Task An_alias_is_set_once_its_version_is_loaded_and_is_in_force_here_when_the_call_is_over()
    {
        await cluster.Rollouts.SetAliasAsync(Name, "prod", new ModelVersion(1), Anna, Cancellation);
        await cluster.InferAsync("m");

        Assert.Equal(1, cluster["m", 1, 0].Loads);
        Assert.Single(cluster["m", 1, 0].Calls);
        Assert.Equal(
            [new AliasTarget("latest", new ModelVersion(2), false), new AliasTarget("prod", new ModelVersion(1), true)],
            await cluster.Rollouts.GetAliasesAsync(Name, Cancellation));
        Assert.Equal("alias 'prod' was set to version 1", Assert.Single(await cluster.Rollouts.GetHistoryAsync(Name, Cancellation)).What);
    }

    [Fact]
    public async Task An_alias_of_a_version_that_cannot_be_loaded_is_not_set()
    {
        cluster["m", 1, 0].OnLoad = () => Task.FromResult(Replies.Fault(KreweErrorCode.Unavailable, "the file is torn"));

        var error = await Assert.ThrowsAsync<KreweException>(() => cluster.Rollouts.SetAliasAsync(Name, "prod", new ModelVersion(1), Anna, Cancellation).AsTask());

        Assert.Equal("the file is torn", error.Message);
        Assert.Empty(cluster.ModelOf("m").Traffic.Aliases);
    }

    [Fact]
    public async Task A_plan_that_cannot_be_right_is_refused_before_anybody_is_asked()
    {
        var plan = new RolloutPlan { Strategy = RolloutStrategy.Canary, Version = new ModelVersion(2), Steps = [] };

        var error = await Assert.ThrowsAsync<KreweException>(() => cluster.Rollouts.StartRolloutAsync(Name, plan, Anna, Cancellation).AsTask());

        Assert.Equal((KreweErrorCode.InvalidInput, string.Join("; ", plan.FindErrors())), (error.Code, error.Message));
    }

    [Fact]
    public async Task A_rollout_is_begun_and_told_what_to_do_and_an_unknown_model_has_none()
    {
        var plan = new RolloutPlan { Strategy = RolloutStrategy.BlueGreen, Version = new ModelVersion(2), Steps = [] };

        Assert.Null(await cluster.Rollouts.GetRolloutAsync(Name, Cancellation));
        var begun = await cluster.Rollouts.StartRolloutAsync(Name, plan, Anna, Cancellation);
        var ended = await cluster.Rollouts.CommandAsync(Name, RolloutCommand.Abort, Anna, Cancellation);

        Assert.Equal((RolloutPhase.Warming, RolloutPhase.Aborted), (begun.Rollout.Phase, ended.Rollout.Phase));
        Assert.Equal(begun.Rollout.Id, ended.Rollout.Id);
        var error = await Assert.ThrowsAsync<KreweException>(() => cluster.Rollouts.GetRolloutAsync(ModelName.Parse("n"), Cancellation).AsTask());
        Assert.Equal(KreweErrorCode.ModelNotFound, error.Code);
    }

    [Fact]
    public async Task A_command_whose_silo_is_lost_is_given_again()
    {
        await cluster.Rollouts.SetAliasAsync(Name, "prod", new ModelVersion(1), Anna, Cancellation);
        cluster.ModelOf("m").Failures.Enqueue(new SiloUnavailableException("gone"));

        await cluster.Rollouts.RemoveAliasAsync(Name, "prod", Anna, Cancellation);

        Assert.Empty(cluster.ModelOf("m").Traffic.Aliases);
    }
}
