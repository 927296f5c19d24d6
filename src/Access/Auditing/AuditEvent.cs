namespace Krewe.Access.Auditing;

/// <summary>A change or a refusal, as one line of the audit log. It has no text that a caller chooses freely, and so no secret.</summary>
internal sealed record AuditEvent
{
    /// <summary>Counts up, over restarts too.</summary>
    [JsonPropertyName("seq")]
    public long Sequence { get; init; }

    [JsonPropertyName("at")]
    public required DateTimeOffset At { get; init; }

    /// <summary>The proven name; <c>anonymous</c> for nobody.</summary>
    [JsonPropertyName("actor")]
    public required string Actor { get; init; }

    /// <summary>The caller's address.</summary>
    [JsonPropertyName("from")]
    public required string From { get; init; }

    /// <summary>The method and the pattern of the route.</summary>
    [JsonPropertyName("action")]
    public required string Action { get; init; }

    [JsonPropertyName("model")]
    public string? Model { get; init; }

    [JsonPropertyName("version")]
    public string? Version { get; init; }

    [JsonPropertyName("alias")]
    public string? Alias { get; init; }

    /// <summary>The id of an API key.</summary>
    [JsonPropertyName("key")]
    public string? Key { get; init; }

    /// <summary><c>done</c>, <c>refused</c>, <c>failed</c>, or <c>lost</c> for events that were not written.</summary>
    [JsonPropertyName("outcome")]
    public required string Outcome { get; init; }

    /// <summary>The HTTP status; for gRPC that of the call, as <c>grpc 7</c>.</summary>
    [JsonPropertyName("status")]
    public string? Status { get; init; }

    [JsonPropertyName("request")]
    public string? Request { get; init; }

    /// <summary>How many there were that have no line of their own.</summary>
    [JsonPropertyName("count")]
    public long? Count { get; init; }
}
