using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Api.Endpoints;
using Proto = Inference;

namespace Krewe.Api.Grpc.Services;

/// <summary>The model repository extension: index, explicit load and unload, of whole models.</summary>
internal sealed class RepositoryCalls(IModelHost host)
{
    public void Map(MethodTable methods)
    {
        methods.Unary(GrpcService.Inference, "RepositoryIndex", Proto.RepositoryIndexRequest.Parser, IndexAsync);
        methods.Unary(
            GrpcService.Inference, "RepositoryModelLoad", Proto.RepositoryModelLoadRequest.Parser, LoadAsync,
            static request => (NameOf(request.RepositoryName, request.ModelName), ""));
        methods.Unary(
            GrpcService.Inference, "RepositoryModelUnload", Proto.RepositoryModelUnloadRequest.Parser, UnloadAsync,
            static request => (NameOf(request.RepositoryName, request.ModelName), ""));
    }

    private async ValueTask<Proto.RepositoryIndexResponse> IndexAsync(
        Proto.RepositoryIndexRequest request, CancellationToken cancellationToken)
    {
        CheckRepository(request.RepositoryName);
        var response = new Proto.RepositoryIndexResponse();
        foreach (var version in await host.ListAsync(cancellationToken))
        {
            var (state, reason) = RepositoryState.Of(version);
            if (!request.Ready || state == RepositoryState.Ready)
            {
                response.Models.Add(new Proto.RepositoryIndexResponse.Types.ModelIndex
                {
                    Name = version.Name.Value, Version = version.Version?.ToString() ?? "", State = state, Reason = reason,
                });
            }
        }

        return response;
    }

    private async ValueTask<Proto.RepositoryModelLoadResponse> LoadAsync(
        Proto.RepositoryModelLoadRequest request, CancellationToken cancellationToken)
    {
        var model = NameOf(request.RepositoryName, request.ModelName);
        foreach (var name in request.Parameters.Keys)
        {
            throw RepositoryRequest.RefuseLoad(name);
        }

        await host.LoadAsync(ModelReference.Parse(model), cancellationToken);
        return new();
    }

    private async ValueTask<Proto.RepositoryModelUnloadResponse> UnloadAsync(
        Proto.RepositoryModelUnloadRequest request, CancellationToken cancellationToken)
    {
        var model = NameOf(request.RepositoryName, request.ModelName);
        foreach (var (name, value) in request.Parameters)
        {
            RepositoryRequest.CheckUnload(name, value.HasBoolParam ? null : "no boolean");
        }

        await host.UnloadAsync(ModelReference.Parse(model), cancellationToken);
        return new();
    }

    /// <summary>The model. KServe has its name in field 1, which is Triton's name of the repository, and no field 2.</summary>
    private static string NameOf(string repository, string model)
    {
        if (model.Length == 0)
        {
            return repository;
        }

        CheckRepository(repository);
        return model;
    }

    private static void CheckRepository(string name)
    {
        if (name.Length > 0)
        {
            throw KreweException.InvalidInput($"repository_name is '{ErrorText.Quote(name)}': expected none, there is one repository");
        }
    }
}
