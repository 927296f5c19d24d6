using System.Text.Json.Nodes;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Grains.Decisions;
using Krewe.Grains.Rollouts;
using Krewe.Grains.Versions;
using Krewe.Member.Files;
using Krewe.Processes;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Orleans.Storage;

namespace Krewe.Member.Tests.Files;

public sealed class FileGrainStorageTests : IDisposable
{
    private static readonly GrainId Model = GrainId.Create("krewe.model", "m");
    private static readonly GrainId Version = GrainId.Create("krewe.version", "m/1");
    private readonly string root = Directory.CreateTempSubdirectory("krewe-files-").FullName;
    private readonly FakeLogCollector log = new();
    private readonly ILoggerFactory loggers;
    private readonly StateOwner owner;

    public FileGrainStorageTests()
    {
        loggers = LoggerFactory.Create(logging => logging.AddProvider(new FakeLoggerProvider(log)));
        owner = new StateOwner(Folder);
    }

    private static ChangeAuthor Somebody => new("somebody", "a test", new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero));

    private static ModelTraffic Traffic => AliasChanges.Set(ModelTraffic.None, "stable", new ModelVersion(2), Somebody);

    private static ModelState Decided => new ModelState { Unloaded = [7], Quarantined = new() { [8] = "it ended two processes" } }.With(Traffic);

    private string Folder => Path.Combine(root, "state");

    private string Decisions => Path.Combine(Folder, "models", "m.json");

    public void Dispose()
    {
        owner.Dispose();
        loggers.Dispose();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task What_was_written_is_read_again_and_is_text()
    {
        await WriteAsync(Open(), "route", Model, Decided);

        var read = await ReadAsync<ModelState>(Open(), "route", Model);

        Assert.Equal((1, 7L, "it ended two processes"), (read.State!.Epoch, read.State.Unloaded.Single(), read.State.Quarantined[8]));
        Assert.Equal(TrafficJson.Write(Traffic), TrafficJson.Write(read.State.ReadTraffic()));
        Assert.Equal(["m"], await Open().ListDecidedAsync());
        Assert.Equal(2, JsonNode.Parse(await File.ReadAllTextAsync(Decisions, Token))!["traffic"]!["aliases"]!["stable"]!.GetValue<int>());
        Assert.Empty(log.Errors);
    }

    [Fact]
    public async Task Loads_and_counts_are_read_again()
    {
        var load = LoadRecord.Empty with { Open = [new OpenLoad("S127.0.0.1:1:1", "krewe")], Deaths = [new LoadDeath("krewe", DateTimeOffset.UnixEpoch)] };
        await WriteAsync(Open(), "loads", Version, load);
        await WriteAsync(Open(), "counts", Model, new CountsState { Rollout = "r", Reports = new() { ["p"] = new() { Number = 3, Counts = TrafficJson.Write(Counts) } } });

        var record = (await ReadAsync<LoadRecord>(Open(), "loads", Version)).State!;
        var counts = (await ReadAsync<CountsState>(Open(), "counts", Model)).State!;

        Assert.Equal((load.Open.Single(), load.Deaths.Single()), (record.Open.Single(), record.Deaths.Single()));
        Assert.Equal(("r", 3L), (counts.Rollout, counts.Reports["p"].Number));
        Assert.Equal(TrafficJson.Write(Counts), counts.Reports["p"].Counts);
    }

    [Fact]
    public async Task Nothing_is_there_before_there_is_something_to_say()
    {
        var read = await ReadAsync<ModelState>(Open(), "route", Model);

        Assert.Equal((false, null, 0), (read.RecordExists, read.ETag, read.State!.Epoch));
        Assert.Empty(await Open().ListDecidedAsync());
        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public async Task What_somebody_else_has_written_since_is_not_written_over()
    {
        var storage = Open();
        await WriteAsync(storage, "route", Model, Decided);
        var mine = await ReadAsync<ModelState>(storage, "route", Model);
        await File.WriteAllTextAsync(Decisions, """{"epoch": 5}""", Token);

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("route", Model, mine));

        Assert.Equal(5, (await ReadAsync<ModelState>(storage, "route", Model)).State!.Epoch);
    }

    [Fact]
    public async Task What_a_writer_left_that_was_killed_is_of_no_account()
    {
        await WriteAsync(Open(), "route", Model, Decided);
        await File.WriteAllTextAsync(Decisions + ".new", "{\"epoch\":", Token);

        Assert.Equal(["m"], await Open().ListDecidedAsync());
        Assert.Equal(1, (await ReadAsync<ModelState>(Open(), "route", Model)).State!.Epoch);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"epoch\": 3, \"traffic\": {\"aliases\": ")]
    [InlineData("null")]
    [InlineData("{\"epoch\": 3, \"traffic\": {\"aliases\": {\"prod\": -1}}}")]
    public async Task Decisions_that_cannot_be_read_are_said_until_they_are_mended_and_cost_no_other_model(string text)
    {
        var (storage, other) = (Open(), GrainId.Create("krewe.model", "m.more"));
        await WriteAsync(storage, "route", Model, Decided);
        await WriteAsync(storage, "route", other, Decided);
        await File.WriteAllTextAsync(Decisions, text, Token);

        for (var time = 0; time < 2; time++)
        {
            var error = await Assert.ThrowsAsync<KreweException>(() => ReadAsync<ModelState>(storage, "route", Model));
            Assert.Equal((KreweErrorCode.Unavailable, TimeSpan.FromSeconds(10)), (error.Code, error.RetryAfter));
            Assert.DoesNotContain(Folder, error.Message, StringComparison.Ordinal);
        }

        Assert.Contains(Decisions, Assert.Single(log.Errors), StringComparison.Ordinal);
        Assert.Equal(1, (await ReadAsync<ModelState>(storage, "route", other)).State!.Epoch);
        File.Delete(Decisions);
        Assert.Equal(0, (await ReadAsync<ModelState>(storage, "route", Model)).State!.Epoch);
        Assert.Contains(log.Lines, static line => line.Contains("can be read again", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("rollouts", "counts", "m")]
    [InlineData("loads", "loads", "m@1")]
    public async Task Counts_and_loads_that_cannot_be_read_begin_anew(string folder, string name, string file)
    {
        var (storage, grain) = (Open(), name == "loads" ? Version : Model);
        await WriteAsync(storage, name, grain, new CountsState { Rollout = "r" });
        await File.WriteAllTextAsync(Path.Combine(Folder, folder, file + ".json"), "?", Token);

        var read = await ReadAsync<CountsState>(storage, name, grain);

        Assert.Equal("", read.State!.Rollout);
        Assert.Single(log.Errors);
        read.State = new CountsState { Rollout = "s" };
        await storage.WriteStateAsync(name, grain, read);
        Assert.Equal("s", (await ReadAsync<CountsState>(storage, name, grain)).State!.Rollout);
    }

    [Fact]
    public async Task What_an_earlier_krewe_kept_is_read_and_goes_when_it_is_written_anew()
    {
        var (traffic, counts) = (Path.Combine(Folder, "traffic", "m.json"), Path.Combine(Folder, "counts", "m.json"));
        Directory.CreateDirectory(Path.GetDirectoryName(traffic)!);
        Directory.CreateDirectory(Path.GetDirectoryName(counts)!);
        await File.WriteAllBytesAsync(traffic, TrafficJson.Write(Traffic), Token);
        await File.WriteAllBytesAsync(counts, TrafficJson.Write(Counts), Token);
        var storage = Open();

        var read = await ReadAsync<ModelState>(storage, "route", Model);
        var counted = await ReadAsync<CountsState>(storage, "counts", Model);

        Assert.Equal(["m"], await storage.ListDecidedAsync());
        Assert.Equal((1, new ModelVersion(2)), (read.State!.Epoch, read.State.ReadTraffic().Aliases["stable"]));
        Assert.Equal(TrafficJson.Write(Counts), counted.State!.Reports[""].Counts);
        Assert.True(File.Exists(traffic) && File.Exists(counts));
        await storage.WriteStateAsync("route", Model, read);
        Assert.False(File.Exists(traffic));
        Assert.Equal(new ModelVersion(2), (await ReadAsync<ModelState>(storage, "route", Model)).State!.ReadTraffic().Aliases["stable"]);
    }

    [Fact]
    public async Task Of_two_processes_one_writes_and_the_other_is_told_so()
    {
        await WriteAsync(Open(), "route", Model, Decided);
        using var second = new StateOwner(Folder);
        var other = new FileGrainStorage(Folder, second, loggers.CreateLogger<FileGrainStorage>());
        var read = await ReadAsync<ModelState>(other, "route", Model);

        Assert.Equal(1, read.State!.Epoch);
        Assert.Equal(KreweErrorCode.Conflict, (await Assert.ThrowsAsync<KreweException>(() => other.WriteStateAsync("route", Model, read))).Code);
        await WriteAsync(other, "loads", Version, LoadRecord.Empty);
        Assert.False(Directory.Exists(Path.Combine(Folder, "loads")));
        owner.Dispose();
        await other.WriteStateAsync("route", Model, read);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_refuses_decisions_and_nothing_else()
    {
        // A file where the folder should be: nobody can write there, whoever runs this test.
        await File.WriteAllTextAsync(Folder, "", Token);
        var storage = Open();

        var error = await Assert.ThrowsAsync<KreweException>(() => WriteAsync(storage, "route", Model, Decided));
        await WriteAsync(storage, "loads", Version, LoadRecord.Empty with { Open = [new OpenLoad("s", "krewe")] });

        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.Contains("was not stored", error.Message, StringComparison.Ordinal);
        Assert.Equal("s", (await ReadAsync<LoadRecord>(storage, "loads", Version)).State!.Open.Single().Silo);
        Assert.False(await storage.TryOwnAsync());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static RolloutCounts Counts => new("r", System.Collections.Immutable.ImmutableSortedDictionary<int, StepCounts>.Empty.Add(
        0, StepCounts.Empty with { Serving = new ArmCounts(5, 0, LatencyHistogram.Empty) }));

    private FileGrainStorage Open() => new(Folder, owner, loggers.CreateLogger<FileGrainStorage>());

    private static async Task<GrainState<T>> ReadAsync<T>(FileGrainStorage storage, string name, GrainId grain)
        where T : new()
    {
        var state = new GrainState<T>(new T());
        await storage.ReadStateAsync(name, grain, state);
        return state;
    }

    private static async Task WriteAsync<T>(FileGrainStorage storage, string name, GrainId grain, T value)
        where T : new()
    {
        var state = await ReadAsync<T>(storage, name, grain);
        state.State = value;
        await storage.WriteStateAsync(name, grain, state);
    }
}
