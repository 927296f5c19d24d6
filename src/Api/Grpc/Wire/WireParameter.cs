namespace Krewe.Api.Grpc.Wire;

/// <summary>The value of a parameter: an <c>InferParameter</c>. Integers of either sign are <see cref="Integer"/> where they fit.</summary>
internal readonly record struct WireParameter(ParameterKind Kind, long Integer = 0, string? Text = null)
{
    /// <summary>Reads an entry of a map of parameters.</summary>
    public static WireParameter Read(ref WireReader reader, out string name)
    {
        (name, var value) = ("", default(WireParameter));
        var outer = reader.Enter();
        while (reader.NextField(out var field))
        {
            switch (field)
            {
                case (1, WireType.Bytes): name = reader.ReadText(); break;
                case (2, WireType.Bytes): value = Read(ref reader); break;
                default: reader.Skip(field.Type); break;
            }
        }

        reader.Leave(outer);
        return value;
    }

    private static WireParameter Read(ref WireReader reader)
    {
        var value = default(WireParameter);
        var outer = reader.Enter();
        while (reader.NextField(out var field))
        {
            switch (field)
            {
                case (1, WireType.Varint): value = new(ParameterKind.Boolean, reader.ReadVarint() == 0 ? 0 : 1); break;
                case (2, WireType.Varint): value = new(ParameterKind.Integer, (long)reader.ReadVarint()); break;
                case (3, WireType.Bytes): value = new(ParameterKind.Text, Text: reader.ReadText()); break;
                case (5, WireType.Varint):
                    value = new(ParameterKind.Integer, (long)Math.Min(reader.ReadVarint(), long.MaxValue));
                    break;
                default:
                    value = field.Number == 4 ? new(ParameterKind.Number) : value;
                    reader.Skip(field.Type);
                    break;
            }
        }

        reader.Leave(outer);
        return value;
    }
}

/// <summary>The kind of a parameter's value.</summary>
internal enum ParameterKind
{
    None,
    Boolean,
    Integer,
    Text,
    Number,
}
