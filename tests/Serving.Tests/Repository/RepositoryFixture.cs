using Krewe.Abstractions.Models;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Repository;
using Krewe.Serving.Repository.Snapshots;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Serving.Tests.Repository;

/// <summary>A repository in a folder of its own, over a clock that the test moves.</summary>
internal sealed class RepositoryFixture : IAsyncDisposable
{
    public static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan Old = TimeSpan.FromHours(1);

    public RepositoryFixture()
    {
        Options = new ModelRepositoryOptions { Root = Folder.Path, SettleTime = Settle };
        Repository = new ModelRepository(Options, Time, new FakeLogger<ModelRepository>(Log));
        Repository.Changed += (before, after) => Changes.Add((before, after));
    }

    public TestFolder Folder { get; } = new();

    public FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    public FakeLogCollector Log { get; } = new();

    public ModelRepositoryOptions Options { get; }

    public ModelRepository Repository { get; }

    public List<(RepositorySnapshot Before, RepositorySnapshot After)> Changes { get; } = [];

    public static byte[] Model { get; } = TinyModels.Linear().ToBytes();

    public RepositoryModel? this[string model] => Repository.Current.Models.GetValueOrDefault(ModelName.Parse(model));

    /// <summary>The versions listed, a '!' behind those with an error: <c>a/1 a/2! b/1</c>.</summary>
    public string Listed => string.Join(' ', Repository.Current.Models.Values.OrderBy(model => model.Name)
        .SelectMany(model => model.Versions).Select(version => $"{version.Id}{(version.Error is null ? "" : "!")}"));

    public Task StartAsync() => Repository.StartAsync(TestContext.Current.CancellationToken);

    /// <summary>Advances the clock, then scans.</summary>
    public Task ScanAfterAsync(TimeSpan time)
    {
        Time.Advance(time);
        return Repository.RescanAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Scans twice, one settle time apart.</summary>
    public async Task SettleAsync()
    {
        await ScanAfterAsync(TimeSpan.Zero);
        await ScanAfterAsync(Settle);
    }

    public async ValueTask DisposeAsync()
    {
        await Repository.DisposeAsync();
        Folder.Dispose();
    }
}
