using Krewe.Abstractions.Errors;
using Krewe.Grains.Decisions;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Models;

namespace Krewe.Grains.Tests.Models;

/// <summary>The grains of routes in a real silo, over a database that goes away and comes back.</summary>
public sealed class ModelGrainTests : IAsyncLifetime
{
    private readonly SwitchedStorage storage = new();
    private ModelSilo silo = null!;

    public async ValueTask InitializeAsync() => silo = await ModelSilo.StartAsync(storage);

    public async ValueTask DisposeAsync() => await silo.DisposeAsync();

    [Fact]
    public async Task Changes_raise_the_epoch_reach_the_book_and_survive_a_restart()
    {
        var iris = silo.Model("iris");
        Assert.Equal(0, (await iris.GetRouteAsync()).Epoch);

        var unloaded = await iris.SetUnloadedAsync([2, 1], unloaded: true);
        var quarantined = await iris.QuarantineAsync(3, "it took two processes down");
        Assert.Equal((1, 2), (unloaded.Epoch, quarantined.Epoch));
        await silo.RestartAsync(iris);
        await silo.RestartAsync(silo.Table);

        AssertSame(quarantined, await iris.GetRouteAsync());
        var table = await silo.Table.ReadAsync(-1);
        AssertSame(quarantined, table!.Routes["iris"]);
        Assert.Equal([1L, 2], quarantined.Unloaded);
        Assert.Equal("it took two processes down", quarantined.Quarantined[3]);
    }

    [Fact]
    public async Task Refused_inputs_survive_a_restart_once_each()
    {
        var iris = silo.Model("iris");
        await iris.RefuseAsync(3, "aa");
        await iris.RefuseAsync(3, "bb");
        await iris.RefuseAsync(3, "aa");
        await silo.RestartAsync(iris);

        var route = await iris.GetRouteAsync();

        Assert.Equal([(3L, "bb"), (3, "aa")], route.Refused.Select(static input => (input.Version, input.Inputs)));
        Assert.False(route.IsDefault);
    }

    [Fact]
    public void Refused_inputs_are_bounded_in_time_and_number()
    {
        var start = DateTimeOffset.UnixEpoch;
        var route = new ModelRoute { Model = "iris" };
        for (var i = 0; i < 1000; i++)
        {
            route = RouteChanges.Refuse(route, new RefusedInput(1, $"{i}", start));
        }

        Assert.Equal(256, route.Refused.Length);
        Assert.Equal("999", route.Refused[^1].Inputs);
        Assert.Single(RouteChanges.Refuse(route, new RefusedInput(1, "new", start.AddMinutes(10))).Refused);
    }

    [Fact]
    public async Task What_is_so_already_changes_nothing_and_writes_nothing()
    {
        var iris = silo.Model("iris");
        await iris.SetUnloadedAsync([1], unloaded: true);
        await iris.QuarantineAsync(2, "first");
        var sequence = (await silo.Table.ReadAsync(-1))!.Sequence;
        var writes = storage.Writes;

        Assert.Equal(2, (await iris.SetUnloadedAsync([1], unloaded: true)).Epoch);
        Assert.Equal(2, (await iris.SetUnloadedAsync([7], unloaded: false)).Epoch);
        Assert.Equal("first", (await iris.QuarantineAsync(2, "second")).Quarantined[2]);
        Assert.Equal(2, (await iris.ClearQuarantineAsync(9)).Epoch);

        Assert.Equal(writes, storage.Writes);
        Assert.Null(await silo.Table.ReadAsync(sequence));
    }

    [Fact]
    public async Task What_is_default_again_leaves_the_book_and_readers_hear_of_it()
    {
        var iris = silo.Model("iris");
        await iris.SetUnloadedAsync([1], unloaded: true);
        await iris.QuarantineAsync(1, "crash");
        var before = (await silo.Table.ReadAsync(-1))!;

        await iris.SetUnloadedAsync([1], unloaded: false);
        var route = await iris.ClearQuarantineAsync(1);

        var after = await silo.Table.ReadAsync(before.Sequence);
        Assert.Equal(4, route.Epoch);
        Assert.Equal(before.Sequence + 2, after!.Sequence);
        Assert.Empty(after.Routes);

        await silo.Table.PublishAsync(before.Routes["iris"]);
        Assert.Null(await silo.Table.ReadAsync(after.Sequence));
    }

    [Fact]
    public async Task Changes_made_at_once_all_count()
    {
        var iris = silo.Model("iris");

        await Task.WhenAll(Enumerable.Range(1, 30).Select(version => iris.SetUnloadedAsync([version], unloaded: true)));

        var route = await iris.GetRouteAsync();
        Assert.Equal(30, route.Epoch);
        Assert.Equal(Enumerable.Range(1, 30).Select(version => (long)version), route.Unloaded);
        AssertSame(route, (await silo.Table.ReadAsync(-1))!.Routes["iris"]);
    }

    [Fact]
    public async Task Without_the_database_changes_are_refused_and_what_was_decided_stays()
    {
        var iris = silo.Model("iris");
        var kept = await iris.SetUnloadedAsync([1], unloaded: true);
        storage.Down = "*";

        var refusal = await Assert.ThrowsAsync<KreweException>(() => iris.QuarantineAsync(2, "crash"));
        var unread = await Assert.ThrowsAsync<KreweException>(() => silo.Model("digits").GetRouteAsync());

        Assert.Equal(KreweErrorCode.Unavailable, refusal.Code);
        Assert.StartsWith("the database cannot be reached", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("the database cannot be reached", unread.Message);
        AssertSame(kept, await iris.GetRouteAsync());

        storage.Down = null;
        Assert.Equal(2, (await iris.QuarantineAsync(2, "crash")).Epoch);
        Assert.Equal(0, (await silo.Model("digits").GetRouteAsync()).Epoch);
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_found_in_the_database_at_the_next_change()
    {
        var iris = silo.Model("iris");
        await iris.SetUnloadedAsync([1], unloaded: true);
        storage.LosesAnswers = true;
        await Assert.ThrowsAsync<KreweException>(() => iris.SetUnloadedAsync([2], unloaded: true));
        storage.LosesAnswers = false;

        var route = await iris.SetUnloadedAsync([3], unloaded: true);

        Assert.Equal([1L, 2, 3], route.Unloaded);
        Assert.Equal(3, route.Epoch);
        AssertSame(route, (await silo.Table.ReadAsync(-1))!.Routes["iris"]);
    }

    [Fact]
    public async Task A_route_that_did_not_reach_the_book_does_so_as_soon_as_it_can()
    {
        storage.Down = "routes";
        var refusal = await Assert.ThrowsAsync<KreweException>(() => silo.Model("iris").QuarantineAsync(1, "crash"));
        Assert.Contains("is stored", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await silo.Model("iris").GetRouteAsync()).Epoch);

        storage.Down = null;

        await UntilIndexedAsync();
        Assert.Equal("crash", (await silo.Table.ReadAsync(-1))!.Routes["iris"].Quarantined[1]);
    }

    [Fact]
    public async Task A_new_activation_publishes_what_the_one_before_could_not()
    {
        storage.Down = "routes";
        await Assert.ThrowsAsync<KreweException>(() => silo.Model("iris").QuarantineAsync(1, "crash"));
        await silo.RestartAsync(silo.Model("iris"));
        storage.Down = null;

        await silo.Model("iris").GetRouteAsync();

        await UntilIndexedAsync();
        Assert.Single((await silo.Table.ReadAsync(-1))!.Routes);
    }

    [Fact]
    public async Task The_storage_in_memory_keeps_routes_too()
    {
        await using var other = await ModelSilo.StartAsync(storage: null);
        var route = await other.Model("iris").QuarantineAsync(3, "crash");
        await other.RestartAsync(other.Model("iris"));
        await other.RestartAsync(other.Table);

        AssertSame(route, await other.Model("iris").GetRouteAsync());
        AssertSame(route, (await other.Table.ReadAsync(-1))!.Routes["iris"]);
    }

    [Fact]
    public async Task Reads_do_not_wait_for_a_change_and_changes_wait_for_each_other()
    {
        var iris = silo.Model("iris");
        await iris.SetUnloadedAsync([1], unloaded: true);
        var writing = new TaskCompletionSource();
        storage.Writing = writing.Task;

        var (first, second) = (iris.SetUnloadedAsync([2], unloaded: true), iris.SetUnloadedAsync([3], unloaded: true));

        Assert.Equal(1, (await iris.GetRouteAsync()).Epoch);
        Assert.Equal(1, (await iris.GetTrafficAsync()).Epoch);
        Assert.False(first.IsCompleted || second.IsCompleted);
        writing.SetResult();
        Assert.Equal((2, 3), ((await first).Epoch, (await second).Epoch));
    }

    [Fact]
    public async Task The_book_is_written_when_a_model_enters_it_and_never_again()
    {
        await silo.Model("iris").SetUnloadedAsync([1], unloaded: true);
        Assert.Equal(["route", "routed-models"], await WrittenAsync(2));

        await silo.Model("iris").QuarantineAsync(2, "crash");
        await silo.Model("iris").SetUnloadedAsync([1], unloaded: false);

        Assert.Equal(["route", "route"], await WrittenAsync(2));
        Assert.Equal(4, storage.Writes);
        await silo.RestartAsync(silo.Table);
        Assert.Equal(3, (await silo.Table.ReadAsync(-1))!.Routes["iris"].Epoch);
    }

    [Fact]
    public async Task A_book_of_one_row_from_before_is_read_and_readers_of_it_hear_the_news()
    {
        var (model, table) = (silo.Model("iris"), silo.Table);
        var route = new ModelRoute { Model = "iris", Epoch = 4, Unloaded = [1, 2] };
        await storage.WriteStateAsync(ModelState.StorageName, model.GetGrainId(), new GrainState<ModelState>(new ModelState().With(route)));
        await storage.WriteStateAsync(
            "routes", table.GetGrainId(), new GrainState<RoutingTableState>(new() { Sequence = 9, Routes = new() { ["iris"] = new ModelState().With(route) } }));

        var read = await table.ReadAsync(9);
        AssertSame(route, read!.Routes["iris"]);
        await model.QuarantineAsync(3, "crash");
        await silo.Model("digits").QuarantineAsync(1, "crash");
        await silo.RestartAsync(table);

        var after = await table.ReadAsync(read.Sequence);
        Assert.Equal((read.Sequence + 2, 2), (after!.Sequence, after.Routes.Count));
        Assert.Equal(5, after.Routes["iris"].Epoch);
    }

    private async Task<string[]> WrittenAsync(int count)
    {
        var names = new string[count];
        for (var i = 0; i < count; i++)
        {
            names[i] = (await storage.Written.ReadAsync(TestContext.Current.CancellationToken)).TrimEnd("-0123456789".ToCharArray());
        }

        return names;
    }

    private async Task UntilIndexedAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!(await storage.Written.ReadAsync(limit.Token)).StartsWith("routed-models", StringComparison.Ordinal))
        {
        }

        // The name is written before the route is in the table.
        while ((await silo.Table.ReadAsync(-1))!.Routes.IsEmpty)
        {
            await Task.Delay(10, limit.Token);
        }
    }

    private static void AssertSame(ModelRoute expected, ModelRoute actual)
    {
        Assert.Equal((expected.Model, expected.Epoch), (actual.Model, actual.Epoch));
        Assert.Equal(expected.Unloaded, actual.Unloaded);
        Assert.Equal(expected.Quarantined.OrderBy(pair => pair.Key), actual.Quarantined.OrderBy(pair => pair.Key));
    }
}
