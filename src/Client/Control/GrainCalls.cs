using Krewe.Abstractions.Errors;
using Krewe.Client.Retrying;

namespace Krewe.Client.Control;

/// <summary>
/// Grain calls that are not on the request path: their timeouts, retries, and errors for lost calls. A grain's refusal is passed on; any
/// other exception is a bug and is passed on too.
/// </summary>
public sealed class GrainCalls(TimeProvider time)
{
    /// <summary>A crash is detected after a tenth of a second, but takes seconds on an overloaded machine.</summary>
    private static readonly TimeSpan TakeOverTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Calls a grain that any silo can host, and retries if its silo is lost. Throws <see cref="KreweErrorCode.Unavailable"/> if it stays
    /// unreachable.
    /// </summary>
    public async Task<T> AskAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call().WaitAsync(cancellationToken);
            }
            catch (TimeoutException error)
            {
                throw KreweException.Unavailable(
                    "the cluster did not answer in time; the change may still be made", TimeSpan.FromSeconds(1), error);
            }
            catch (Exception error) when (LostCall.Is(error) && !cancellationToken.IsCancellationRequested)
            {
                if (time.GetElapsedTime(start) >= TakeOverTimeout)
                {
                    throw KreweException.Unavailable(
                        "the grain's silo was lost, and no other silo has taken over yet", TimeSpan.FromSeconds(1), error);
                }

                await Task.Delay(BackOff.After(attempt + 3), time, cancellationToken);
            }
        }
    }

    /// <summary>Calls one silo, once and without a timeout; throws <see cref="KreweErrorCode.Unavailable"/> if it is lost.</summary>
    public Task<T> AskSiloAsync<T>(string silo, Func<Task<T>> call, CancellationToken cancellationToken) =>
        AskSiloAsync(silo, call, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>The same with a timeout of two seconds.</summary>
    public Task<T> AskSiloBrieflyAsync<T>(string silo, Func<Task<T>> call, CancellationToken cancellationToken) =>
        AskSiloAsync(silo, call, AnswerTimeout, cancellationToken);

    private async Task<T> AskSiloAsync<T>(string silo, Func<Task<T>> call, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await call().WaitAsync(timeout, time, cancellationToken);
        }
        catch (Exception error) when (LostCall.Is(error) && !cancellationToken.IsCancellationRequested)
        {
            throw KreweException.Unavailable($"silo '{silo}' was lost, or did not answer in time", TimeSpan.FromSeconds(5), error);
        }
    }
}
