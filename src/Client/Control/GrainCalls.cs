using Krewe.Abstractions.Errors;
using Krewe.Client.Retrying;

namespace Krewe.Client.Control;

/// <summary>
/// Calls of grains off the path of requests: the one place that says how long to wait, what is tried again, and what a lost call is to
/// whoever asked. What a grain refuses comes as it is; what is neither a refusal nor a loss is a bug and passes through.
/// </summary>
public sealed class GrainCalls(TimeProvider time)
{
    /// <summary>
    /// A silo's death is known after a tenth of a second, and after some seconds where its machine has no time to say so.
    /// </summary>
    private static readonly TimeSpan TakeOverPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Asks a grain that lives wherever there is a silo, again where its silo is lost. Throws <see cref="KreweErrorCode.Unavailable"/>
    /// where it cannot be reached.
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
                    "the cluster did not answer in time; it may still do what was asked", TimeSpan.FromSeconds(1), error);
            }
            catch (Exception error) when (LostCall.Is(error) && !cancellationToken.IsCancellationRequested)
            {
                if (time.GetElapsedTime(start) >= TakeOverPatience)
                {
                    throw KreweException.Unavailable(
                        "the silo that was asked is lost, and no other has taken over yet", TimeSpan.FromSeconds(1), error);
                }

                await Task.Delay(BackOff.After(attempt + 3), time, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Asks one silo, once and for as long as the call may take; throws <see cref="KreweErrorCode.Unavailable"/> where it is lost.
    /// </summary>
    public Task<T> AskSiloAsync<T>(string silo, Func<Task<T>> call, CancellationToken cancellationToken) =>
        AskSiloAsync(silo, call, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>The same for what takes no time: a silo that does not answer within two seconds counts as lost.</summary>
    public Task<T> AskSiloBrieflyAsync<T>(string silo, Func<Task<T>> call, CancellationToken cancellationToken) =>
        AskSiloAsync(silo, call, AnswerPatience, cancellationToken);

    private async Task<T> AskSiloAsync<T>(string silo, Func<Task<T>> call, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return await call().WaitAsync(patience, time, cancellationToken);
        }
        catch (Exception error) when (LostCall.Is(error) && !cancellationToken.IsCancellationRequested)
        {
            throw KreweException.Unavailable($"silo '{silo}' was lost, or did not answer in time", TimeSpan.FromSeconds(5), error);
        }
    }
}
