using Krewe.Serving.Publishing;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Publishing;

/// <summary>
/// One upload to this silo. Pieces that arrive early wait for their offset; a duplicate is ignored. Disposed explicitly, or after
/// <see cref="IdleTime"/> without a request.
/// </summary>
internal sealed partial class OpenUpload : IAsyncDisposable
{
    public static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(60);

    private readonly IStagedVersion staged;
    private readonly Action<OpenUpload> whenEnded;
    private readonly ILogger logger;
    private readonly ITimer idle;
    private readonly Lock gate = new();
    private TaskCompletionSource advanced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long written;
    private bool isWriting;
    private int underWay;
    private bool isEnded;
    private bool isDisposed;
    private Task ending = Task.CompletedTask;

    public OpenUpload(IStagedVersion staged, TimeProvider time, ILogger logger, Action<OpenUpload> whenEnded)
    {
        (this.staged, this.logger, this.whenEnded) = (staged, logger, whenEnded);
        idle = time.CreateTimer(_ => ending = EndIfIdleAsync(), null, IdleTime, Timeout.InfiniteTimeSpan);
    }

    public string Token { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Writes a piece at its offset, after all pieces before it.</summary>
    public Task AppendAsync(long offset, byte[] bytes) => UseAsync(async version =>
    {
        while (WaitForOffset(offset) is { } others)
        {
            await others;
        }

        return await WriteAsync(version, offset, bytes);
    });

    /// <summary>Runs an operation during which the upload cannot be disposed.</summary>
    public async Task<T> UseAsync<T>(Func<IStagedVersion, Task<T>> use)
    {
        Enter();
        try
        {
            return await use(staged);
        }
        finally
        {
            await LeaveAsync();
        }
    }

    /// <summary>Ends the upload once its operations have finished.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            isEnded = true;
        }

        // Wake the pieces that wait for a missing one, so that they fail.
        Advance(Volatile.Read(ref written));
        await DisposeIfUnusedAsync();
    }

    private void Enter()
    {
        lock (gate)
        {
            if (isEnded)
            {
                throw OpenUploads.Unknown();
            }

            underWay++;
            idle.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private async ValueTask LeaveAsync()
    {
        lock (gate)
        {
            if (--underWay == 0)
            {
                idle.Change(IdleTime, Timeout.InfiniteTimeSpan);
            }
        }

        await DisposeIfUnusedAsync();
    }

    /// <summary>Null if a piece at this offset may be written now by the caller, or was written already.</summary>
    private Task? WaitForOffset(long offset)
    {
        lock (gate)
        {
            if (isEnded)
            {
                throw OpenUploads.Unknown();
            }

            if (offset > written || (offset == written && isWriting))
            {
                return advanced.Task;
            }

            isWriting |= offset == written;
            return null;
        }
    }

    private async Task<bool> WriteAsync(IStagedVersion version, long offset, byte[] bytes)
    {
        if (offset < Volatile.Read(ref written))
        {
            return false;
        }

        try
        {
            await version.AppendAsync(bytes, CancellationToken.None);
        }
        finally
        {
            Advance(version.Length);
        }

        return true;
    }

    /// <summary>Wakes the piece at the next offset.</summary>
    private void Advance(long length)
    {
        TaskCompletionSource over;
        lock (gate)
        {
            (over, advanced) = (advanced, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            (written, isWriting) = (length, false);
        }

        over.SetResult();
    }

    private async Task EndIfIdleAsync()
    {
        lock (gate)
        {
            if (underWay > 0)
            {
                return;
            }
        }

        try
        {
            await DisposeAsync();
        }
        catch (Exception error)
        {
            LogNotEnded(error, Token);
        }
    }

    private async ValueTask DisposeIfUnusedAsync()
    {
        lock (gate)
        {
            if (!isEnded || underWay > 0 || isDisposed)
            {
                return;
            }

            isDisposed = true;
        }

        await idle.DisposeAsync();
        await staged.DisposeAsync();
        whenEnded(this);
    }

    [LoggerMessage(
        EventId = 494, Level = LogLevel.Error, Message = "Failed to discard upload {Token} after a minute without a request")]
    private partial void LogNotEnded(Exception error, string token);
}
