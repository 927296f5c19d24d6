using Grpc.Core;

namespace Krewe.Api.Grpc.Streams;

/// <summary>A stream of requests that ends when the server stops: what was not read by then is not answered.</summary>
internal sealed class StoppableReader<T>(IAsyncStreamReader<T> inner, CancellationToken stop) : IAsyncStreamReader<T>
{
    public T Current => inner.Current;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancellationToken);
        try
        {
            return await inner.MoveNext(either.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
