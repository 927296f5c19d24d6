using System.Collections.Concurrent;
using System.Threading.Channels;
using Krewe.Processes;
using Krewe.Serving.Repository;
using Krewe.Serving.Repository.Snapshots;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;

namespace Krewe.Serving.Tests.Repository;

public sealed class RepositoryPollingTests : IDisposable
{
    // On a busy machine, a slow scan is followed by a rest of twenty times its duration.
    private static readonly TimeSpan WaitLimit = TimeSpan.FromMinutes(3);

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Polling_finds_changes_and_survives_a_failing_listener()
    {
        var options = new ModelRepositoryOptions
        {
            Root = folder.Path, PollInterval = TimeSpan.FromMilliseconds(10), SettleTime = TimeSpan.Zero,
        };
        var log = new FakeLogCollector();
        await using var repository = new ModelRepository(options, TimeProvider.System, new FakeLogger<ModelRepository>(log));
        var seen = new BlockingCollection<RepositorySnapshot>();
        repository.Changed += (_, after) =>
        {
            seen.Add(after);
            throw new InvalidOperationException("The listener is broken.");
        };
        await repository.StartAsync(TestContext.Current.CancellationToken);

        folder.Write("a/1/model.onnx", RepositoryFixture.Model);
        WaitFor(models => models.Any(model => model.Versions is [{ Error: null }]));
        Directory.Delete(folder["a"], recursive: true);
        WaitFor(models => !models.Any());

        await repository.DisposeAsync();
        Assert.All(log.Errors, text => Assert.StartsWith("Repository scan failed; the next poll retries", text, StringComparison.Ordinal));
        Assert.NotEmpty(log.Errors);

        // Without a settle time the folder shows before the file does.
        void WaitFor(Func<IEnumerable<RepositoryModel>, bool> isThere)
        {
            for (var isSeen = false; !isSeen;)
            {
                Assert.True(seen.TryTake(out var snapshot, WaitLimit), "nothing more was seen");
                isSeen = isThere(snapshot.Models.Values);
            }
        }
    }

    [Fact]
    public async Task A_slow_scan_is_followed_by_a_long_rest()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var waits = Channel.CreateUnbounded<TimeSpan>();
        var time = new RunningTime { TimerMade = due => waits.Writer.TryWrite(due) };
        var options = new ModelRepositoryOptions { Root = folder.Path, SettleTime = TimeSpan.Zero };
        await using var repository = new ModelRepository(options, time, NullLogger<ModelRepository>.Instance);
        repository.Changed += (_, _) => time.Advance(TimeSpan.FromSeconds(3));
        await repository.StartAsync(cancellationToken);
        Assert.Equal(options.PollInterval, await waits.Reader.ReadAsync(cancellationToken));

        folder.Write("a/1/model.onnx", RepositoryFixture.Model);
        time.Advance(options.PollInterval);
        Assert.Equal(TimeSpan.FromSeconds(60), await waits.Reader.ReadAsync(cancellationToken));

        time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(options.PollInterval, await waits.Reader.ReadAsync(cancellationToken));
    }

    [Fact]
    public async Task A_copy_in_progress_during_a_scan_is_never_listed_half()
    {
        var options = new ModelRepositoryOptions
        {
            Root = folder.Path, PollInterval = TimeSpan.FromMilliseconds(10), SettleTime = TimeSpan.FromMilliseconds(100),
        };
        await using var repository = new ModelRepository(options, TimeProvider.System, NullLogger<ModelRepository>.Instance);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var faults = new ConcurrentQueue<string>();
        repository.Changed += (_, after) =>
        {
            var versions = after.Models.Values.SelectMany(model => model.Versions).ToList();
            foreach (var version in versions.Where(version => new FileInfo(version.ModelPath).Length != RepositoryFixture.Model.Length))
            {
                faults.Enqueue($"{version}");
            }

            if (versions.Count == 20)
            {
                all.TrySetResult();
            }
        };
        await repository.StartAsync(TestContext.Current.CancellationToken);

        await Task.WhenAll(Enumerable.Range(1, 20).Select(CopySlowlyAsync));
        await all.Task.WaitAsync(WaitLimit, TestContext.Current.CancellationToken);

        Assert.Empty(faults);
    }

    private async Task CopySlowlyAsync(int version)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        Directory.CreateDirectory(folder[$"a/{version}"]);
        await using var file = File.Create(folder[$"a/{version}/model.onnx"]);
        foreach (var part in RepositoryFixture.Model.Chunk(RepositoryFixture.Model.Length / 10))
        {
            await file.WriteAsync(part, cancellationToken);
            await file.FlushAsync(cancellationToken);
            await Task.Delay(20, cancellationToken);
        }
    }
}
