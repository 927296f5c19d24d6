using Krewe.Serving.Publishing;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Publishing;

/// <summary>
/// One upload to this silo. Pieces that overtake one another wait for their turn; one that comes twice is taken once. Disposed by who
/// ends it, or when nobody has touched it for a while.
/// </summary>
internal sealed partial class OpenUpload : IAsyncDisposable
{
    public static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(60);

    private readonly IStagedVersion staged;
    private readonly Action<OpenUpload> whenOver;
    private readonly ILogger logger;
    private readonly ITimer idle;
    private readonly Lock gate = new();
    private TaskCompletionSource moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long written;
    private bool isWriting;
    private int underWay;
    private bool isOver;
    private bool isDisposed;
    private Task ending = Task.CompletedTask;

    public OpenUpload(IStagedVersion staged, TimeProvider time, ILogger logger, Action<OpenUpload> whenOver)
    {
        (this.staged, this.logger, this.whenOver) = (staged, logger, whenOver);
        idle = time.CreateTimer(_ => ending = EndIfIdleAsync(), null, IdleTime, Timeout.InfiniteTimeSpan);
    }

    public string Token { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Writes what comes at an offset, after all that is before it.</summary>
    public Task AppendAsync(long offset, byte[] bytes) => UseAsync(async version =>
    {
        while (WaitForTurn(offset) is { } others)
        {
            await others;
        }

        return await WriteAsync(version, offset, bytes);
    });

    /// <summary>Does something with the version, which nobody ends meanwhile.</summary>
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

    /// <summary>Ends it, when what is under way is over.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            isOver = true;
        }

        // Pieces that wait for one that is not going to come are told.
        Move(Volatile.Read(ref written));
        await DisposeIfUnusedAsync();
    }

    private void Enter()
    {
        lock (gate)
        {
            if (isOver)
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
            if (--underWay == 0 && !isOver)
            {
                idle.Change(IdleTime, Timeout.InfiniteTimeSpan);
            }
        }

        await DisposeIfUnusedAsync();
    }

    /// <summary>
    /// Null where it is the turn of what comes at this offset, which is then who writes, or where it was written already.
    /// </summary>
    private Task? WaitForTurn(long offset)
    {
        lock (gate)
        {
            if (isOver)
            {
                throw OpenUploads.Unknown();
            }

            if (offset > written || (offset == written && isWriting))
            {
                return moved.Task;
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
            Move(version.Length);
        }

        return true;
    }

    /// <summary>The next one's turn.</summary>
    private void Move(long length)
    {
        TaskCompletionSource over;
        lock (gate)
        {
            (over, moved) = (moved, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
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
            if (!isOver || underWay > 0 || isDisposed)
            {
                return;
            }

            isDisposed = true;
        }

        await idle.DisposeAsync();
        await staged.DisposeAsync();
        whenOver(this);
    }

    [LoggerMessage(
        EventId = 494, Level = LogLevel.Error, Message = "Upload {Token}, which nobody has touched for a minute, could not be dropped")]
    private partial void LogNotEnded(Exception error, string token);
}
