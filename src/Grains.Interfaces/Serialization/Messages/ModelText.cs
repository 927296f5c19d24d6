using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>Names and versions in messages; invalid ones throw <see cref="InvalidDataException"/>.</summary>
internal static class ModelText
{
    public static ModelName ReadName<TInput>(ref Reader<TInput> reader, Field field) =>
        ModelName.TryParse(reader.ReadText(field), out var name) ? name : throw new InvalidDataException(
            "a message has no valid model name");

    public static ModelVersion ReadVersion<TInput>(ref Reader<TInput> reader, Field field) =>
        reader.ReadNumber(field) is > 0 and var number
            ? new ModelVersion(number)
            : throw new InvalidDataException("a message has no valid model version");

    public static VersionSelector ReadAlias<TInput>(ref Reader<TInput> reader, Field field)
    {
        try
        {
            return VersionSelector.Parse(reader.ReadText(field));
        }
        catch (KreweException error)
        {
            throw new InvalidDataException(error.Message, error);
        }
    }

    public static ModelName Required(ModelName name) =>
        name.Value is not null ? name : throw new InvalidDataException("a message has no model name");
}
