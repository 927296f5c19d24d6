using Krewe.Abstractions.Errors;
using Krewe.Grains.Publishing;
using Krewe.Serving.Publishing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Grains.Tests.Publishing;

public sealed class OpenUploadTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pieces_that_overtake_one_another_or_come_twice_are_taken_once_and_in_order()
    {
        var staged = new FakeStagedVersion();
        await using var uploads = new OpenUploads(TimeProvider.System, NullLogger<OpenUploads>.Instance);
        var upload = uploads.Add(staged);

        var third = upload.AppendAsync(4, [5]);
        var second = upload.AppendAsync(2, [3, 4]);
        var again = upload.AppendAsync(2, [3, 4]);
        Assert.False(second.IsCompleted || third.IsCompleted || again.IsCompleted);
        await upload.AppendAsync(0, [1, 2]);
        await Task.WhenAll(second, third, again).WaitAsync(Token);
        await upload.AppendAsync(0, [1, 2]);

        Assert.Equal([1, 2, 3, 4, 5], staged.Bytes);
    }

    [Fact]
    public async Task An_upload_that_ends_tells_who_waits_and_is_not_found_any_more()
    {
        var staged = new FakeStagedVersion();
        await using var uploads = new OpenUploads(TimeProvider.System, NullLogger<OpenUploads>.Instance);
        var upload = uploads.Add(staged);
        var waiting = upload.AppendAsync(5, [1]);

        await uploads.EndAsync(upload.Token);

        await Assert.ThrowsAsync<KreweException>(() => waiting);
        Assert.True(staged.IsDisposed);
        Assert.Throws<KreweException>(() => uploads.Find(upload.Token));
        await uploads.EndAsync(upload.Token);
    }

    [Fact]
    public async Task An_upload_that_nobody_touches_is_dropped_and_one_in_use_is_not()
    {
        var time = new FakeTimeProvider();
        var (idle, used) = (new FakeStagedVersion(), new FakeStagedVersion());
        await using var uploads = new OpenUploads(time, NullLogger<OpenUploads>.Instance);
        _ = uploads.Add(idle);
        var inUse = uploads.Add(used);
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var use = inUse.UseAsync(async _ =>
        {
            begun.SetResult();
            await goOn.Task;
            return true;
        });
        await begun.Task;

        time.Advance(OpenUpload.IdleTime);

        Assert.Equal((true, false), (idle.IsDisposed, used.IsDisposed));
        goOn.SetResult();
        Assert.True(await use);
        Assert.False(used.IsDisposed);
        time.Advance(OpenUpload.IdleTime);
        Assert.True(used.IsDisposed);
    }

    private sealed class FakeStagedVersion : IStagedVersion
    {
        public List<byte> Bytes { get; } = [];

        public bool IsDisposed { get; private set; }

        public long Length => Bytes.Count;

        public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            await Task.Yield();
            Bytes.AddRange(bytes.Span);
        }

        public Task<StagedContent> CompleteAsync(DateTimeOffset publishedAt, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task LoadAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> CommitAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return default;
        }
    }
}
