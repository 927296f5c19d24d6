using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>Calls of grains for operators: made again a few times where they are lost, and failing as <see cref="KreweException"/>.</summary>
internal sealed class ControlCalls(TimeProvider time)
{
    /// <summary>A silo's death is known after a tenth of a second, and after some seconds where its machine has no time to say so.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The grain's answer; throws <see cref="KreweErrorCode.Unavailable"/> where it cannot be reached.</summary>
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
                throw KreweException.Unavailable("the cluster did not answer in time; it may still do what was asked", TimeSpan.FromSeconds(1), error);
            }
            catch (Exception error) when (LostCall.Is(error) && !cancellationToken.IsCancellationRequested)
            {
                if (time.GetElapsedTime(start) >= Patience)
                {
                    throw KreweException.Unavailable("the silo that was asked is lost, and no other has taken over yet", TimeSpan.FromSeconds(1), error);
                }

                await Task.Delay(BackOff.After(attempt + 3), time, cancellationToken);
            }
        }
    }
}
