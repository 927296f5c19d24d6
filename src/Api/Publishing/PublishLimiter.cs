using Krewe.Abstractions.Errors;

namespace Krewe.Api.Publishing;

/// <summary>
/// Limits concurrent publishes: each needs disk bandwidth and a load. Others wait with their bodies unread, which costs no memory; they are
/// rejected if they wait too long or too many wait.
/// </summary>
internal sealed class PublishLimiter(TimeProvider time) : IDisposable
{
    public const int MaxConcurrent = 4;
    public const int MaxWaiting = 64;
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim free = new(MaxConcurrent, MaxConcurrent);
    private int waiting;

    /// <summary>Waits for a permit, which disposing the result releases. Throws <see cref="KreweErrorCode.Overloaded"/>.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref waiting) > MaxWaiting)
            {
                throw Busy();
            }

            using var timeout = new CancellationTokenSource(MaxWait, time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            await free.WaitAsync(linked.Token);
            return new Permit(free);
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
        KreweException.Overloaded($"{MaxConcurrent} versions are being published, and others are waiting", RetryAfter);

    private sealed class Permit(SemaphoreSlim free) : IDisposable
    {
        private int isReleased;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref isReleased, 1) == 0)
            {
                free.Release();
            }
        }
    }
}
