using Grpc.Core;
using Grpc.Health.V1;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Api.Connections;
using Krewe.Api.Health;
using Krewe.Api.Stopping;
using Status = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Krewe.Api.Grpc.Services;

/// <summary>gRPC's health service. The empty name and that of the inference service are the server; any other is a model.</summary>
internal sealed class HealthCalls(IModelHost host, ServerReadiness server, StopSignal stop, TimeProvider time)
{
    private const string Service = "grpc.health.v1.Health";

    /// <summary>How often a watch looks.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public void Map(MethodTable methods)
    {
        methods.Unary(Service, "Check", HealthCheckRequest.Parser, async (request, token) => new HealthCheckResponse
        {
            Status = await DecideAsync(request.Service, token),
        });
        methods.ServerStream<HealthCheckRequest, HealthCheckResponse>(Service, "Watch", HealthCheckRequest.Parser, WatchAsync);
    }

    /// <summary>Answers at once, and then with every change; ends with the caller, the server or the connection.</summary>
    private async Task WatchAsync(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> answers, ServerCallContext call)
    {
        var aged = AgedConnection.EndOf(call.GetHttpContext());
        using var any = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, aged, call.CancellationToken);
        for (Status? last = null; !call.CancellationToken.IsCancellationRequested;)
        {
            var status = await WatchedAsync(request.Service, call.CancellationToken);
            if (status != last)
            {
                await answers.WriteAsync(new HealthCheckResponse { Status = status }, call.CancellationToken);
            }

            last = status;
            if (stop.IsStopping)
            {
                throw KreweException.Unavailable("the server is stopping");
            }

            if (aged.IsCancellationRequested)
            {
                throw KreweException.Unavailable("the connection has reached its maximum age");
            }

            await Task.Delay(Interval, time, any.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>An unknown model may appear later.</summary>
    private async ValueTask<Status> WatchedAsync(string service, CancellationToken cancellationToken)
    {
        try
        {
            return await DecideAsync(service, cancellationToken);
        }
        catch (KreweException error) when (error.Code is KreweErrorCode.ModelNotFound or KreweErrorCode.VersionNotFound)
        {
            return Status.ServiceUnknown;
        }
    }

    private async ValueTask<Status> DecideAsync(string service, CancellationToken cancellationToken)
    {
        var isReady = service is "" or GrpcService.Inference
            ? (await server.DecideAsync(cancellationToken)).IsReady
            : !stop.IsStopping && await host.IsReadyAsync(ModelReference.Parse(service), cancellationToken);
        return isReady ? Status.Serving : Status.NotServing;
    }
}
