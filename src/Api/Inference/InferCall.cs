using Krewe.Abstractions.Inference;

namespace Krewe.Api.Inference;

/// <summary>A request as the host takes it, and how its answer is wanted.</summary>
internal sealed record InferCall(InferenceRequest Request, OutputFormat Outputs);
