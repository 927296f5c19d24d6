using System.Collections.Immutable;
using Krewe.Abstractions;
using Krewe.Rollouts;

namespace Krewe.Serving.Tests;

public sealed class TrafficStoreTests : IDisposable
{
    private static readonly ModelName Model = ModelName.Parse("m");
    private readonly string folder = Path.Combine(Directory.CreateTempSubdirectory("krewe-store-").FullName, "state");
    private readonly CollectedLog<TrafficStore> log = new();
    private readonly StateOwner owner;

    public TrafficStoreTests() => owner = new StateOwner(folder);

    private TrafficStore Store => new(folder, owner, log);

    public void Dispose()
    {
        owner.Dispose();
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    [Fact]
    public async Task What_was_written_is_read_again()
    {
        var written = Some(version: 2);
        Assert.True(await Store.TryOwnAsync());
        await Store.WriteAsync(Model, Some(version: 1));
        await Store.WriteAsync(Model, written);

        var read = Store.Read(Model);

        Assert.Equal([Model], await Store.ListAsync());
        Assert.Null(read.Error);
        Assert.Equal(TrafficJson.Write(written.Traffic), TrafficJson.Write(read.Traffic));
        Assert.Equal(TrafficJson.Write(written.Counts), TrafficJson.Write(read.Counts));
    }

    [Fact]
    public async Task Nothing_is_there_before_the_first_decision()
    {
        Assert.Empty(await Store.ListAsync());
        Assert.Equal(StoredTraffic.None, Store.Read(Model));
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task What_a_writer_left_that_was_killed_is_of_no_account()
    {
        await Store.TryOwnAsync();
        await Store.WriteAsync(Model, Some(version: 1));
        File.WriteAllText(Path.Combine(folder, "traffic", "m.json.new"), "{\"revision\":");

        Assert.Equal([Model], await Store.ListAsync());
        Assert.Equal(new ModelVersion(1), Store.Read(Model).Traffic.Aliases["stable"]);
        await Store.WriteAsync(Model, Some(version: 3));
        Assert.Equal(new ModelVersion(3), Store.Read(Model).Traffic.Aliases["stable"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"revision\": 3, \"aliases\": {\"prod\": ")]
    [InlineData("null")]
    [InlineData("{\"aliases\": {\"prod\": -1}}")]
    public async Task What_cannot_be_read_is_said_and_costs_no_other_model(string text)
    {
        var other = ModelName.Parse("m.counts");
        await Store.TryOwnAsync();
        await Store.WriteAsync(Model, Some(version: 1));
        await Store.WriteAsync(other, Some(version: 2));
        File.WriteAllText(Path.Combine(folder, "traffic", "m.json"), text);

        Assert.NotNull(Store.Read(Model).Error);
        Assert.DoesNotContain(folder, Store.Read(Model).Error, StringComparison.Ordinal);
        Assert.Contains(log.Errors, line => line.Contains(Path.Combine(folder, "traffic", "m.json"), StringComparison.Ordinal));
        Assert.Null(Store.Read(other).Error);
    }

    [Fact]
    public async Task Counts_that_cannot_be_read_begin_anew_and_decisions_hold()
    {
        await Store.TryOwnAsync();
        await Store.WriteAsync(Model, Some(version: 1));
        File.WriteAllText(Path.Combine(folder, "counts", "m.json"), "?");

        var read = Store.Read(Model);

        Assert.Null(read.Error);
        Assert.Equal(RolloutCounts.None, read.Counts);
        Assert.Single(log.Errors);
    }

    [Fact]
    public async Task Two_processes_do_not_write_to_one_folder()
    {
        Assert.True(await Store.TryOwnAsync());
        using var second = new StateOwner(folder);

        Assert.False(second.TryTake());
        owner.Dispose();
        Assert.True(second.TryTake());
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_refuses_the_decision()
    {
        // A file where the folder should be: nobody can write there, whoever runs this test.
        File.WriteAllText(folder, "");

        var error = await Assert.ThrowsAsync<KreweException>(() => Store.TryOwnAsync());

        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.Contains("was not taken", error.Message, StringComparison.Ordinal);
    }

    private static StoredTraffic Some(long version)
    {
        var author = new ChangeAuthor("somebody", "a test", new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero));
        var traffic = AliasChanges.Set(ModelTraffic.None, "stable", new ModelVersion(version), author);
        traffic = RolloutMachine.Start(traffic, Plans.Canary(version + 1, 5, 50), new ModelVersion(version), "r", author);
        var counts = ImmutableSortedDictionary<int, StepCounts>.Empty.Add(
            0, StepCounts.Empty with { Serving = new ArmCounts(version, 0, LatencyHistogram.Empty) });
        return new StoredTraffic(traffic, new RolloutCounts("r", counts));
    }
}
