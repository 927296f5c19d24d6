using Grpc.Core;
using Krewe.Abstractions.Errors;
using Krewe.Api.Errors;

namespace Krewe.Api.Grpc.Errors;

/// <summary>Turns errors into gRPC statuses, by the same texts, retry delays and log events as errors over HTTP.</summary>
internal sealed class GrpcErrors(ErrorAnswers answers, UnknownModelCheck names, TimeProvider time)
{
    /// <summary>The status of a failed call that named this model and version, or none.</summary>
    public async ValueTask<RpcException> OfAsync(ServerCallContext call, string? model, string? version, Exception error)
    {
        if (error is RpcException known)
        {
            return known;
        }

        if (error is KreweException { Code: KreweErrorCode.Cancelled }
            || (error is not KreweException && call.CancellationToken.IsCancellationRequested))
        {
            return call.Deadline <= time.GetUtcNow().UtcDateTime
                ? new RpcException(new Status(StatusCode.DeadlineExceeded, "the call's deadline has passed"))
                : new RpcException(new Status(StatusCode.Cancelled, "the caller cancelled the call"));
        }

        error = await names.PreferAsync(model, version, error, call.CancellationToken);
        if (GrpcStatus.Of(error) == StatusCode.Internal)
        {
            GrpcOutcome.KeepStatus(call.GetHttpContext());
        }

        var answer = answers.Report(call.GetHttpContext(), ErrorText.Quote(model), error);
        var status = new Status(GrpcStatus.Of(error), answer.Message);
        return new RpcException(status, RetryTrailers.Of(status, answer));
    }
}
