using System.Collections.Frozen;

namespace Krewe.Access.Policies;

/// <summary>
/// Every endpoint with its right: REST, TensorFlow Serving, gRPC, the metrics, the Dashboard, the keys and the audit log. One that is
/// not here is refused when it is mapped.
/// </summary>
public static class PolicyTable
{
    private const string Inference = "/inference.GRPCInferenceService/";
    private static readonly string[] Models = ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"];
    private static readonly string[] Stored = ["/v2/repository/models/{model}", "/v2/repository/models/{model}/versions/{version}"];
    private static readonly string[] Served =
        ["/v1/models/{model}", "/v1/models/{model}/versions/{version}", "/v1/models/{model}/labels/{version}"];

    private static readonly string[] Open =
    [
        Inference + "ServerLive", Inference + "ServerReady", "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ];

    private static readonly string[] Calls =
    [
        "ServerMetadata", "ModelReady", "ModelMetadata", "ModelConfig", "ModelStatistics", "ModelInfer", "ModelStreamInfer",
        "RepositoryIndex",
    ];

    private static readonly FrozenDictionary<(string Method, string Pattern), Right> Rights =
        Rows().ToFrozenDictionary(static row => (row.Method, row.Pattern), static row => row.Right);

    /// <summary>The right that an endpoint asks for; throws <see cref="InvalidOperationException"/> for one without a row.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="pattern">The route's pattern as it was mapped.</param>
    public static Right Find(string method, string pattern) =>
        Rights.TryGetValue((method, pattern), out var right) ? right

        // The gRPC library's answer to methods that it does not know.
        : pattern.Contains("{unimplementedMethod", StringComparison.Ordinal) ? Right.Public
        : throw new InvalidOperationException($"'{method} {pattern}' has no row in {nameof(PolicyTable)}: add who may call it");

    /// <summary>True for the method whose requests are the messages of a stream.</summary>
    public static bool IsStreamOfRequests(string pattern) => pattern == Inference + "ModelStreamInfer";

    /// <summary>Whether an endpoint changes something: all do that ask for more than a caller, and do not only read.</summary>
    public static bool IsChange(string method, Right right) => right > Right.Call && method != "GET";

    private static IEnumerable<(string Method, string Pattern, Right Right)> Rows() =>
        [.. Rest(), .. Repository(), .. Traffic(), .. Grpc(), .. Operators()];

    private static IEnumerable<(string Method, string Pattern, Right Right)> Rest() =>
    [
        ("GET", "/", Right.Public), ("GET", "/openapi.json", Right.Public), ("GET", "/docs/{**file}", Right.Public),
        ("GET", "/v2/health/live", Right.Public), ("GET", "/v2/health/ready", Right.Public),
        ("GET", "/v2", Right.Call), ("GET", "/v2/models", Right.Call), ("GET", "/v2/models/stats", Right.Call),
        .. Models.SelectMany(static model => new[]
        {
            ("GET", model, Right.Call), ("GET", model + "/ready", Right.Call), ("GET", model + "/config", Right.Call),
            ("GET", model + "/stats", Right.Call), ("POST", model + "/infer", Right.Call),
        }),
        .. Served.SelectMany(static model => new[] { ("GET", model, Right.Call), ("POST", model + ":predict", Right.Call) }),
    ];

    private static IEnumerable<(string Method, string Pattern, Right Right)> Repository() =>
    [
        ("POST", "/v2/repository/index", Right.Call),
        ("PUT", Stored[1], Right.Publish), ("DELETE", Stored[1], Right.Publish),
        .. Stored.SelectMany(static model => new[]
        {
            ("POST", model + "/load", Right.Operate), ("POST", model + "/unload", Right.Operate),
            ("POST", model + "/quarantine/clear", Right.Operate),
        }),
    ];

    private static IEnumerable<(string Method, string Pattern, Right Right)> Traffic() =>
    [
        ("GET", Models[0] + "/rollout", Right.Call), ("PUT", Models[0] + "/rollout", Right.Operate),
        ("PATCH", Models[0] + "/rollout", Right.Operate), ("DELETE", Models[0] + "/rollout", Right.Operate),
        ("GET", Models[0] + "/aliases", Right.Call), ("PUT", Models[0] + "/aliases", Right.Operate),
        ("PUT", Models[0] + "/aliases/{alias}", Right.Operate), ("DELETE", Models[0] + "/aliases/{alias}", Right.Operate),
        ("GET", Models[0] + "/history", Right.Call),
    ];

    private static IEnumerable<(string Method, string Pattern, Right Right)> Grpc() =>
    [
        .. Open.Select(static path => ("POST", path, Right.Public)),
        .. Calls.Select(static name => ("POST", Inference + name, Right.Call)),
        ("POST", Inference + "RepositoryModelLoad", Right.Operate), ("POST", Inference + "RepositoryModelUnload", Right.Operate),
    ];

    private static IEnumerable<(string Method, string Pattern, Right Right)> Operators() =>
    [
        ("GET", "/v2/cluster", Right.Operate), ("GET", "/metrics", Right.Operate), ("GET", "/dashboard/{**path}", Right.OperateAll),
        ("GET", "/v2/keys", Right.Administer), ("POST", "/v2/keys", Right.Administer),
        ("POST", "/v2/keys/{id}/rotate", Right.Administer), ("DELETE", "/v2/keys/{id}", Right.Administer),
        ("GET", "/v2/tenants", Right.Administer), ("GET", "/v2/tenants/{tenant}/limits", Right.Administer),
        ("PUT", "/v2/tenants/{tenant}/limits", Right.Administer),
        ("GET", "/v2/audit", Right.Administer),
    ];
}
