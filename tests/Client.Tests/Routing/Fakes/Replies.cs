using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Tests.Routing.Fakes;

/// <summary>What replicas say, and how they are lost.</summary>
internal static class Replies
{
    public const string Silo = "127.0.0.1:11111@1";

    public static ReplicaReply Answer(InferenceRequest request, int replicas = 0) => new()
    {
        Silo = Silo,
        Replicas = replicas,
        Response = new InferenceResponse
        {
            Model = new ModelId(request.Model.Name, request.Model.Version.Number!.Value),
            Id = request.Id,
            Outputs = [TensorOf.Values("y", [1], request.Inputs[0].AsSpan<float>()[0] + 1)],
        },
    };

    public static ReplicaReply Fault(KreweErrorCode code, string message = "it went wrong", bool tryElsewhere = false, int replicas = 0) =>
        new() { Silo = Silo, Replicas = replicas, Fault = new ReplicaFault(code, message, null, tryElsewhere) };

    public static ReplicaReply Loaded() => new() { Silo = Silo, Replicas = 0 };

    public static Task<ReplicaReply> Lost() => Task.FromException<ReplicaReply>(new SiloUnavailableException("gone"));
}
