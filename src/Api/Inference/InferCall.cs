using Krewe.Abstractions;

namespace Krewe.Api;

/// <summary>A request as the host takes it, and how its answer is wanted.</summary>
internal sealed record InferCall(InferenceRequest Request, OutputFormat Outputs);
