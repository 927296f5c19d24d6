using Krewe.Abstractions.Errors;

namespace Krewe.Api.Publishing;

/// <summary>
/// Few publishes at once: each takes a disk's bandwidth and a load. Others wait with their bodies unread, which costs nothing; when
/// they wait long, or too many do, they are refused.
/// </summary>
internal sealed class PublishTurns(TimeProvider time) : IDisposable
{
    public const int AtOnce = 4;
    public const int MaxWaiting = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim free = new(AtOnce, AtOnce);
    private int waiting;

    /// <summary>Waits for a turn; it ends when the result is disposed. Throws <see cref="KreweErrorCode.Overloaded"/>.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref waiting) > MaxWaiting)
            {
                throw Busy();
            }

            using var patience = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            await free.WaitAsync(either.Token);
            return new Turn(free);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Busy();
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    public void Dispose() => free.Dispose();

    private static KreweException Busy() =>
        KreweException.Overloaded($"{AtOnce} versions are being published here, and others wait", RetryAfter);

    private sealed class Turn(SemaphoreSlim free) : IDisposable
    {
        private int isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref isOver, 1) == 0)
            {
                free.Release();
            }
        }
    }
}
