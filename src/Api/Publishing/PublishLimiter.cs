using System.Threading.RateLimiting;
using Krewe.Abstractions.Errors;

namespace Krewe.Api.Publishing;

/// <summary>
/// Limits how many publishes are checked and loaded at once, after their bodies have arrived. Others wait, and are rejected if they wait
/// too long or too many wait.
/// </summary>
internal sealed class PublishLimiter(TimeProvider time) : IDisposable
{
    public const int MaxConcurrent = 4;
    public const int MaxWaiting = 64;

    // Less than the idle time of an upload to a silo.
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(50);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
    private readonly ConcurrencyLimiter limiter = new(
        new ConcurrencyLimiterOptions { PermitLimit = MaxConcurrent, QueueLimit = MaxWaiting });

    /// <summary>Waits for a permit, which disposing the result releases. Throws <see cref="KreweErrorCode.Overloaded"/>.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(MaxWait, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var permit = await limiter.AcquireAsync(cancellationToken: linked.Token);
            return permit.IsAcquired ? permit : throw Busy();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Busy();
        }
    }

    public void Dispose() => limiter.Dispose();

    private static KreweException Busy() =>
        KreweException.Overloaded($"{MaxConcurrent} versions are being published, and others are waiting", RetryAfter);
}
